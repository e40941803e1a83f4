/// r
#[derive(Debug)]
pub struct Reference;
/// c
#[derive(Debug)]
pub struct Comparison;
