//! The taxchain command line, composition root
