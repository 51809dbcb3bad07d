//! Numbers and byte strings, one after the other: the form in which both sides write and read.

#[derive(Debug, Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64).0.extend_from_slice(bytes);
        self
    }

    pub fn list(&mut self, list: &[Vec<u8>]) -> &mut Self {
        self.u64(list.len() as u64);
        for item in list {
            self.bytes(item);
        }
        self
    }

    /// `setrlimit`s: (resource, soft, hard).
    pub fn limits(&mut self, limits: &[(u32, u64, u64)]) -> &mut Self {
        self.u64(limits.len() as u64);
        for (resource, soft, hard) in limits {
            self.u64((*resource).into()).u64(*soft).u64(*hard);
        }
        self
    }

    pub fn pairs(&mut self, pairs: &[(Vec<u8>, Vec<u8>)]) -> &mut Self {
        self.u64(pairs.len() as u64);
        for (first, second) in pairs {
            self.bytes(first).bytes(second);
        }
        self
    }
}

#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.u64()?).ok()
    }

    pub fn i32(&mut self) -> Option<i32> {
        Some(i32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub fn slice(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u64()?).ok()?;
        self.take(length)
    }

    pub fn bytes(&mut self) -> Option<Vec<u8>> {
        Some(self.slice()?.to_vec())
    }

    pub fn list(&mut self) -> Option<Vec<Vec<u8>>> {
        (0..self.u64()?).map(|_| self.bytes()).collect()
    }

    pub fn limits(&mut self) -> Option<Vec<(u32, u64, u64)>> {
        (0..self.u64()?).map(|_| Some((self.u32()?, self.u64()?, self.u64()?))).collect()
    }

    pub fn pairs(&mut self) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        (0..self.u64()?).map(|_| Some((self.bytes()?, self.bytes()?))).collect()
    }
}
