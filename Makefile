# `make testnet` and `make test` are all a newcomer needs; `make help` lists the rest.

# RocksDB compiles for minutes: once per machine, not once per checkout.
# The whole workspace in every command, too: a part of it (-p) resolves other
# features for the tools that RocksDB is built with, and compiles it again.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/slsbft/target

CARGO   ?= cargo
DIR     ?= .testnet
BIN     := $(CARGO_TARGET_DIR)/release
TESTNET := $(BIN)/slsbft-testnet
# Contracts in Rust: a workspace of its own, because its profile is another.
SDK     := wasm-runtime/sdk/rust/Cargo.toml
# More arguments for the command that a target runs, as in: make load ARGS="--rates 500,1000"
ARGS    ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-clients build interpreters testnet testnet-down testnet-status load load-all crash sim test oracle oracle-bench fuzz bench calibrate lint fmt clean-testnet

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: libclang, CometBFT
	@scripts/setup.sh

setup-clients: ## Install the foreign clients and compilers that the tests run: CosmJS, cosmpy, grpcurl, AssemblyScript
	@scripts/setup.sh clients

build: setup ## Build slsbftd and slsbft-testnet
	@echo "building into $(CARGO_TARGET_DIR) (the first time takes minutes: RocksDB)"
	@$(CARGO) build --release --locked --workspace --bins

interpreters: setup-clients ## Build quickjs.wasm and micropython.wasm, the interpreters of contracts in JavaScript and Python
	@wasm-runtime/sdk/javascript/build.sh $(BIN)/quickjs.wasm
	@wasm-runtime/sdk/python/build.sh $(BIN)/micropython.wasm
	@echo "built $(BIN)/quickjs.wasm and $(BIN)/micropython.wasm"

testnet: build ## Start four validators, settle a metered deal, stay up (Ctrl-C stops, data stays)
	@$(TESTNET) up --dir $(DIR) $(ARGS)

testnet-down: ## Stop a testnet that runs in the background
	@test -x $(TESTNET) || { echo "nothing is built yet: make build"; exit 1; }
	@$(TESTNET) down --dir $(DIR)

testnet-status: ## Show what a running testnet does
	@test -x $(TESTNET) || { echo "nothing is built yet: make build"; exit 1; }
	@$(TESTNET) status --dir $(DIR) $(ARGS)

load: build ## Find the highest sustained rate of transfers, beside CometBFT's own kvstore
	@$(TESTNET) load --reference kvstore $(ARGS)

load-all: build ## Take every figure of docs/benchmarks.md that needs a network (more than an hour)
	@$(TESTNET) load --reference kvstore
	@$(TESTNET) load --rates 300
	@$(TESTNET) load --validators 1 --from 3000 --reference kvstore
	@$(TESTNET) load --validators 1 --rates 500 --window 600 --accounts 1000000 --keep-blocks 100

crash: build ## Kill processes on a schedule and compare every app hash
	@$(TESTNET) crash $(ARGS)

# Without RocksDB, so this one may build a part.
sim: ## Simulate attacks on election, service levels and rewards (minutes): tables, and plots of docs/security.md
	@$(CARGO) run --release --locked -p slsbft-sim -- all --out docs/security $(ARGS)

test: setup-clients ## Run every test
	@echo "building into $(CARGO_TARGET_DIR) (the first time takes minutes: RocksDB)"
	@$(CARGO) build --release --locked --workspace --bins --tests
	@$(CARGO) test --release --locked --workspace $(ARGS)
	@$(CARGO) test --release --locked --workspace --manifest-path $(SDK)

# A workspace and a build folder of its own: cosmwasm-vm changes the features of the chain's dependencies.
ORACLE := cd wasm-runtime/oracle && CARGO_TARGET_DIR=$(abspath $(CARGO_TARGET_DIR))/oracle $(CARGO)

oracle: ## Run contracts here and in cosmwasm-vm, and compare what comes of it (the first time takes minutes)
	@$(ORACLE) test --release --locked $(ARGS)

oracle-bench: ## Measure the same contracts here and in cosmwasm-vm, in turns
	@$(ORACLE) bench --profile release --locked --bench calls

fuzz: ## Fuzz the VM with libFuzzer: the pass, both interfaces of contracts, the charges (ARGS=3600: so many seconds each)
	@for target in pass bus cosmwasm charges; do wasm-runtime/fuzz/run.sh $$target $(ARGS) || exit 1; done

bench: setup ## Measure: a line per figure (name value unit)
	@$(CARGO) bench --profile release --locked --workspace --bench '*' --no-fail-fast $(ARGS)

# Without RocksDB, as sim.
calibrate: ## Measure what contracts' operators and host calls cost beside their prices (minutes, on a quiet machine)
	@$(CARGO) run --release --locked -p slsbft-wasm --example calibrate -- $(ARGS)

lint: ## Check format and lints, as continuous integration does
	@$(CARGO) fmt --all --check
	@cd wasm-runtime/oracle && $(CARGO) fmt --check
	@cd wasm-runtime/fuzz && $(CARGO) fmt --check
	@$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	@$(CARGO) fmt --all --check --manifest-path $(SDK)
	@$(CARGO) clippy --release --locked --workspace --all-targets --manifest-path $(SDK) -- -D warnings

fmt: ## Format the code
	@$(CARGO) fmt --all
	@cd wasm-runtime/oracle && $(CARGO) fmt
	@cd wasm-runtime/fuzz && $(CARGO) fmt
	@$(CARGO) fmt --all --manifest-path $(SDK)

clean-testnet: testnet-down ## Stop the testnet and delete its data
	@rm -rf $(DIR)
