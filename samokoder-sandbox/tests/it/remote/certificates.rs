//! An authority of the tests' own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use samokoder_sandbox::remote::Credentials;
use tempfile::TempDir;

/// Signs certificates, which are in a folder of its own.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let (key, folder) = (KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("authority.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    /// Its own certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.path("authority.pem")
    }

    /// A side that serves under this name, and trusts this authority.
    pub(crate) fn server(&self, name: &str) -> Credentials {
        self.sign("server", name, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A side that asks, and trusts this authority.
    pub(crate) fn client(&self) -> Credentials {
        self.sign("client", "worker", ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(&self, file: &str, name: &str, usage: ExtendedKeyUsagePurpose) -> Credentials {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let credentials = Credentials {
            certificate: self.path(&format!("{file}.pem")),
            key: self.path(&format!("{file}.key")),
            authority: self.certificate(),
        };
        fs::write(&credentials.certificate, certificate.pem()).unwrap();
        fs::write(&credentials.key, key.serialize_pem()).unwrap();
        credentials
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}
