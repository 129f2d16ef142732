//! The crypto user API: numbers and names of `include/uapi/linux/cryptouser.h`.

use super::kind::Kind::{Hex, Num, Struct, Text};
use super::kind::{Fields, Set, structure};

pub(in crate::decode) static USER_ALG: Fields = structure("crypto_user_alg").of(&[
    ("cru_name", 64, Text),
    ("cru_driver_name", 64, Text),
    ("cru_module_name", 64, Text),
    ("cru_type", 4, Num),
    ("cru_mask", 4, Num),
    ("cru_refcnt", 4, Num),
    ("cru_flags", 4, Num),
]);

static REPORT: Fields = structure("").of(&[("type", 64, Text), ("rest", 0, Hex)]);

pub(in crate::decode) static CRYPTO: Set = &[
    (1, "CRYPTOCFGA_PRIORITY_VAL", Num),
    (2, "CRYPTOCFGA_REPORT_LARVAL", Struct(&REPORT)),
    (3, "CRYPTOCFGA_REPORT_HASH", Struct(&REPORT)),
    (4, "CRYPTOCFGA_REPORT_BLKCIPHER", Struct(&REPORT)),
    (5, "CRYPTOCFGA_REPORT_AEAD", Struct(&REPORT)),
    (6, "CRYPTOCFGA_REPORT_COMPRESS", Struct(&REPORT)),
    (7, "CRYPTOCFGA_REPORT_RNG", Struct(&REPORT)),
    (8, "CRYPTOCFGA_REPORT_CIPHER", Struct(&REPORT)),
    (9, "CRYPTOCFGA_REPORT_AKCIPHER", Struct(&REPORT)),
    (10, "CRYPTOCFGA_REPORT_KPP", Struct(&REPORT)),
    (11, "CRYPTOCFGA_REPORT_ACOMP", Struct(&REPORT)),
    (12, "CRYPTOCFGA_STAT_LARVAL", Num),
    (13, "CRYPTOCFGA_STAT_HASH", Num),
    (14, "CRYPTOCFGA_STAT_BLKCIPHER", Num),
    (15, "CRYPTOCFGA_STAT_AEAD", Num),
    (16, "CRYPTOCFGA_STAT_COMPRESS", Num),
    (17, "CRYPTOCFGA_STAT_RNG", Num),
    (18, "CRYPTOCFGA_STAT_CIPHER", Num),
    (19, "CRYPTOCFGA_STAT_AKCIPHER", Num),
    (20, "CRYPTOCFGA_STAT_KPP", Num),
    (21, "CRYPTOCFGA_STAT_ACOMP", Num),
    (22, "CRYPTOCFGA_REPORT_SIG", Struct(&REPORT)),
];
