//! Independent re-judgement of a chain from genesis and block files
