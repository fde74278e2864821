//! The program as its users meet it: started from a configuration, sent mail by real clients, killed,
//! starved of disk, reloaded, asked for its demo.

#[path = "../support/capture.rs"]
mod capture;
#[path = "../support/faulty.rs"]
mod faulty;
#[path = "../support/next_hop.rs"]
mod next_hop;
#[path = "../support/planted.rs"]
mod planted;
#[path = "../support/postfix.rs"]
mod postfix;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/sluss.rs"]
mod sluss;

mod accounts;
mod backup;
mod claims;
mod command_line;
mod desk;
mod faults;
mod faults_postgres;
mod hold;
mod law;
mod mail;
mod nodes;
mod operator;
mod page;
mod patterns;
mod protection;
mod record;
mod registers;
mod reload;
mod report;
mod searched;
mod starting;
mod tagged;
mod throughput;
mod units;
mod waiting;
