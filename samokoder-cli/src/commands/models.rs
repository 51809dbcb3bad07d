//! `samokoder models`.

use samokoder::{llm::Money, open::offline::Offline, providers::catalogue::Catalogue};

use crate::{
    args::ModelsArgs,
    config::Config,
    failure::{Failure, Outcome},
    provider,
};

/// Lists what is known, without a network. A provider of which nothing is known is asked.
pub(crate) async fn models(args: ModelsArgs) -> Result<Outcome, Failure> {
    let config = Config::load(None)?;
    let catalogue = provider::catalogue(&config);
    let wanted = args.provider.as_deref();
    let of_wanted = |provider: &str| wanted.is_none_or(|wanted| wanted == provider);
    let known: Vec<_> = catalogue.iter().filter(|(provider, ..)| of_wanted(provider)).collect();
    if let Some(wanted) = wanted
        && known.is_empty()
        && wanted != Offline::ID
    {
        return ask(wanted, &config).await;
    }
    outln!(
        "{:<52} {:>9} {:>9}   {:>9} {:>9} {:>9}",
        "MODEL",
        "WINDOW",
        "ANSWER",
        "INPUT",
        "CACHED",
        "OUTPUT"
    );
    if of_wanted(Offline::ID) {
        outln!(
            "{:<52} {:>9} {:>9}   {:>9} {:>9} {:>9}  rule-based: no AI, no key",
            Offline::ID,
            "-",
            "-",
            "$0",
            "$0",
            "$0"
        );
    }
    for (provider, name, entry) in known {
        let tokens = |count: Option<u64>| count.map_or("?".into(), thousands);
        let price = entry.prices.as_ref().map(samokoder::providers::catalogue::Prices::price);
        let dollars = |of: fn(&samokoder::llm::Price) -> Money| {
            price.as_ref().map_or("?".into(), |price| per_million(of(price)))
        };
        outln!(
            "{:<52} {:>9} {:>9}   {:>9} {:>9} {:>9}{}{}",
            format!("{provider}:{name}"),
            tokens(entry.context_window),
            tokens(entry.max_output),
            dollars(|price| price.input),
            dollars(|price| price.cached_input),
            dollars(|price| price.output),
            if price.as_ref().is_some_and(|price| !price.tiers.is_empty()) {
                "  dearer when long"
            } else {
                ""
            },
            if entry.is_deprecated() { "  deprecated" } else { "" },
        );
    }
    outln!(
        "\nDollars per million tokens, list prices of {} ({}). ? is not known: under a limit on money such a model is refused.\n\
         Your own prices go into samokoder.toml: [catalogue.\"PROVIDER:MODEL\".prices] input = 1.0, output = 5.0",
        Catalogue::as_of(),
        Catalogue::source(),
    );
    Ok(Outcome::Done)
}

/// Lists the models that a server has.
async fn ask(wanted: &str, config: &Config) -> Result<Outcome, Failure> {
    let provider = provider::connect(wanted, config, None)?;
    let models = provider.models().await.map_err(|error| {
        Failure::failed(format!("{wanted} can't be asked at {}: {error}", provider.base_url()))
    })?;
    for model in &models {
        outln!("{wanted}:{model}");
    }
    outln!(
        "\n{} models at {}. Their windows and prices are not known here.",
        models.len(),
        provider.base_url()
    );
    Ok(Outcome::Done)
}

fn thousands(count: u64) -> String {
    if count >= 1_000_000 && count % 100_000 < 50_000 {
        format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000)
    } else {
        format!("{}k", count / 1000)
    }
}

fn per_million(price: Money) -> String {
    if price == Money::ZERO {
        return "$0".into();
    }
    // Picodollars a token are millionths of a dollar per million tokens.
    let cents = price.picodollars() / 10_000;
    if price.picodollars().is_multiple_of(10_000) {
        format!("${}.{:02}", cents / 100, cents % 100)
    } else {
        format!("${}.{:04}", cents / 100, price.picodollars() % 1_000_000 / 100)
    }
}
