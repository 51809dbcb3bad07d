//! Which reply a request gets.

use std::sync::{Mutex, PoisonError};

use super::{super::question::Question, Fallback, Reply, Rule, Script, When};

/// A script and how far it is used up.
#[derive(Debug)]
pub(crate) struct Choice {
    script: Script,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    calls: u64,
    replies: usize,
    /// How many requests each rule answered.
    rules: Vec<u64>,
}

impl Choice {
    pub(crate) fn new(script: Script) -> Self {
        let used = Used { rules: vec![0; script.rules.len()], ..Used::default() };
        Self { script, used: Mutex::new(used) }
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    /// The answer to a request, which uses it up.
    pub(crate) fn reply(&self, question: &Question) -> Reply {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.calls += 1;
        let call = used.calls;
        for (rule, times) in self.script.rules.iter().zip(&mut used.rules) {
            if rule.is_left(*times) && rule.when.fits(question, call) {
                *times += 1;
                return rule.reply.clone();
            }
        }
        if let Some(reply) = self.script.replies.get(used.replies) {
            used.replies += 1;
            return reply.clone();
        }
        match &self.script.fallback {
            Fallback::Echo => Reply::text(question.last_user_text()),
            Fallback::Reply(reply) => (**reply).clone(),
        }
    }
}

impl Rule {
    fn is_left(&self, used: u64) -> bool {
        self.times.is_none_or(|times| used < times)
    }
}

impl When {
    fn fits(&self, question: &Question, call: u64) -> bool {
        self.protocol.is_none_or(|protocol| protocol == question.protocol)
            && self.model.as_ref().is_none_or(|model| *model == question.model)
            && self.contains.as_ref().is_none_or(|part| question.last_user_text().contains(part.as_str()))
            && self.call.is_none_or(|wanted| wanted == call)
    }
}
