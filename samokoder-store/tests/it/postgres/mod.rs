//! What only a server can show. All names contain `on_postgres`; without a server the tests say that they are left out.

mod cancelling;
mod fixture;
mod forms;
mod leases;
mod lost;
mod news;
mod plans;
mod rules;
mod tables;
mod trips;
mod zombie;
