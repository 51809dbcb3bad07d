mod child;
mod damage;
mod fixture;
mod full;
mod handles;
mod kill;
mod opening;
mod rules;
