//! The projects that `slsbftd wasm new` writes, a list for each language. Nothing of them is published
//! anywhere, so the files of the SDK go along.

/// A file of a project: its path there, and its text, in which `{{name}}` is the project's name.
pub type File = (&'static str, &'static str);

/// A language.
#[derive(Debug)]
pub struct Template {
    pub language: &'static str,
    pub files: &'static [File],
}

/// Files of folders of `wasm-runtime/sdk`, and where they go.
macro_rules! files {
    ($($from:literal => $to:literal: $($path:literal)+;)+) => {
        &[$($((
            concat!($to, $path),
            include_str!(concat!("../../../../wasm-runtime/sdk/", $from, "/", $path)),
        ),)+)+]
    };
}

pub const TEMPLATES: &[Template] = &[
    Template {
        language: "rust",
        files: files! {
            "templates/rust" => "":
                ".gitignore" "Cargo.lock" "Cargo.toml" "README.md" "rust-toolchain.toml" "src/lib.rs";
            "rust" => "sdk/":
                "Cargo.toml" "src/amount.rs" "src/binary.rs" "src/calls.rs" "src/crypto.rs" "src/entry.rs"
                "src/env.rs" "src/error.rs" "src/event.rs" "src/hooks.rs" "src/key.rs" "src/lib.rs"
                "src/mock.rs" "src/proto.rs" "src/storage.rs" "src/wasm.rs";
        },
    },
    Template {
        language: "c",
        files: files! {
            "templates/c" => "": ".gitignore" "Makefile" "README.md" "contract.c";
            "c" => "sdk/": "json.h" "proto.h" "slsbft.h";
        },
    },
    Template {
        language: "assemblyscript",
        files: files! {
            "templates/assemblyscript" => "":
                ".gitignore" "README.md" "asconfig.json" "assembly/index.ts" "assembly/tsconfig.json"
                "package-lock.json" "package.json";
            "assemblyscript" => "sdk/":
                ".gitignore" "README.md" "asconfig.json" "assembly/address.ts" "assembly/bank.ts"
                "assembly/bytes.ts" "assembly/call.ts" "assembly/chain.ts" "assembly/context.ts"
                "assembly/crypto.ts" "assembly/host.ts" "assembly/index.ts" "assembly/json.ts"
                "assembly/protobuf.ts" "assembly/service.ts" "assembly/storage.ts" "assembly/tsconfig.json"
                "package-lock.json" "package.json";
        },
    },
    Template {
        language: "javascript",
        files: files! {
            "templates/javascript" => "": "README.md" "contract.js" "slsbft.d.ts";
        },
    },
    Template {
        language: "python",
        files: files! {
            "templates/python" => "": "README.md" "contract.py" "slsbft.pyi";
        },
    },
];
