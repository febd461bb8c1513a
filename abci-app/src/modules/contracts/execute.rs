//! What the messages do.

use cosmos_sdk_proto::{
    Any,
    cosmwasm::wasm::v1::{
        AccessConfig, CodeInfo, ContractCodeHistoryOperationType as Operation, ContractInfo,
        MsgClearAdminResponse, MsgExecuteContractResponse, MsgInstantiateContract2Response,
        MsgInstantiateContractResponse, MsgMigrateContractResponse, MsgStoreCodeResponse,
        MsgUpdateAdminResponse, MsgUpdateContractLabelResponse, MsgUpdateInstantiateConfigResponse,
    },
};
use cosmwasm_std::Binary;
use slsbft_types::{Address, Coins};
use slsbft_wasm::{
    CodeHash,
    cosmwasm::{Response, migrate_version},
};

use super::{
    Contracts, Msg, Router, access, address,
    call::{self, From, Task},
    compiling,
    errors::ContractsError,
    events, gas, keys,
    msg::{Instantiation, Place},
    params::Params,
    state,
    upload::Upload,
};
use crate::{
    context::Context,
    errors::{ExecError, sdk},
    machine::POINTS_PER_GAS,
    modules::{auth::Accounts, ledger::Ledger, record::pack},
};

impl<L: Ledger, R: Router> Contracts<L, R> {
    /// Executes a message and packs its response.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::StoreCode { sender, code, access } => store_code(ctx, sender, code, access.as_ref()),
            Msg::Instantiate(instantiation) => self.instantiate(ctx, instantiation),
            Msg::Execute {
                sender,
                contract,
                msg,
                funds,
            } => self.call(ctx, sender, contract, msg, funds),
            Msg::Migrate {
                sender,
                contract,
                code,
                msg,
            } => self.migrate(ctx, sender, contract, *code, msg),
            Msg::SetAdmin {
                sender,
                contract,
                admin,
            } => set_admin(ctx, sender, contract, admin.as_ref()),
            Msg::SetLabel {
                sender,
                contract,
                label,
            } => set_label(ctx, sender, contract, label),
            Msg::SetAccess { sender, code, access } => set_access(ctx, sender, *code, access),
        }
    }

    fn instantiate(&self, ctx: &mut Context<'_>, new: &Instantiation) -> Result<Any, ExecError> {
        let code = state::code(ctx.state, new.code)?;
        let config = code.instantiate_config.clone().unwrap_or_default();
        if !access::allows(&config, &new.creator) {
            return Err(sdk::unauthorized("can not instantiate").into());
        }
        let hash = usable(ctx, new.code, &code)?;
        let contract = self.place(ctx, new, &code)?;
        if !new.funds.is_empty() {
            self.ledger.transfer(ctx, &new.creator, &contract, &new.funds)?;
        }
        // Known before it runs, so that what it sends then can name it.
        let created = state::position(ctx);
        let record = ContractInfo {
            code_id: new.code,
            creator: new.creator.to_string(),
            admin: new.admin.map(|admin| admin.to_string()).unwrap_or_default(),
            label: new.label.clone(),
            created: Some(created.clone()),
            ibc_port_id: String::new(),
            extension: None,
        };
        state::save(ctx.state, &contract, &record);
        keep(ctx, &new.msg)?;
        state::note(ctx, &contract, Operation::Init, new.code, new.msg.clone())?;
        state::index_creator(ctx.state, &new.creator, &created, &contract);
        events::instantiated(ctx, &contract, new.code);
        let task = Task::Instantiate(From {
            sender: &new.creator,
            funds: &new.funds,
            msg: &new.msg,
        });
        let response = self.run(ctx, &contract, hash, &task)?;
        let data = bytes(self.finish(ctx, &contract, response)?);
        let address = contract.to_string();
        Ok(match new.place {
            Place::Numbered => pack(&MsgInstantiateContractResponse { address, data }),
            Place::Salted { .. } => pack(&MsgInstantiateContract2Response { address, data }),
        })
    }

    /// The address of a new contract, which has an account from now on.
    fn place(
        &self,
        ctx: &mut Context<'_>,
        new: &Instantiation,
        code: &CodeInfo,
    ) -> Result<Address, ExecError> {
        let contract = match &new.place {
            Place::Numbered => address::numbered(new.code, state::next(ctx.state, keys::LAST_INSTANCE)?),
            Place::Salted { salt, with_msg } => {
                let msg: &[u8] = if *with_msg { &new.msg } else { &[] };
                address::predictable(&code.code_hash, &new.creator, salt, msg)
            }
        };
        if state::find(ctx.state, &contract)?.is_some() {
            let text =
                "contract address already exists, try a different combination of creator, checksum and salt";
            return Err(ContractsError::Duplicate(text.into()).into());
        }
        // Whoever sent coins to it before has made its account; nobody has a key for it.
        if self.accounts.ensure(ctx.state, &contract)? {
            return Err(ContractsError::AccountExists(contract.to_string()).into());
        }
        Ok(contract)
    }

    fn call(
        &self,
        ctx: &mut Context<'_>,
        sender: &Address,
        contract: &Address,
        msg: &[u8],
        funds: &Coins,
    ) -> Result<Any, ExecError> {
        let hash = hash_of(ctx, &state::contract(ctx.state, contract)?)?;
        if !funds.is_empty() {
            self.ledger.transfer(ctx, sender, contract, funds)?;
        }
        events::called(ctx, "execute", contract);
        let response = self.run(ctx, contract, hash, &Task::Execute(From { sender, funds, msg }))?;
        let data = bytes(self.finish(ctx, contract, response)?);
        Ok(pack(&MsgExecuteContractResponse { data }))
    }

    fn migrate(
        &self,
        ctx: &mut Context<'_>,
        sender: &Address,
        contract: &Address,
        code: u64,
        msg: &[u8],
    ) -> Result<Any, ExecError> {
        let record = administered(ctx, sender, contract, "can not migrate")?;
        let new = state::code(ctx.state, code)?;
        if !access::allows(&new.instantiate_config.clone().unwrap_or_default(), sender) {
            return Err(sdk::unauthorized("to use new code").into());
        }
        let hash = usable(ctx, code, &new)?;
        events::migrated(ctx, contract, code);
        let old_version = version(ctx, hash_of(ctx, &record)?)?;
        let same = old_version.is_some() && old_version == version(ctx, hash)?;
        let task = Task::Migrate {
            sender,
            msg,
            old_version,
        };
        // Code of the same version takes over without being asked, as in wasmd.
        let response = match same {
            true => Response::default(),
            false => self.run(ctx, contract, hash, &task)?,
        };
        // Its admin may have changed meanwhile, by what the new code called.
        let mut record = state::contract(ctx.state, contract)?;
        record.code_id = code;
        state::save(ctx.state, contract, &record);
        keep(ctx, msg)?;
        state::note(ctx, contract, Operation::Migrate, code, msg.to_vec())?;
        let data = bytes(self.finish(ctx, contract, response)?);
        Ok(pack(&MsgMigrateContractResponse { data }))
    }
}

/// The version that a code says its state has.
fn version(ctx: &Context<'_>, hash: CodeHash) -> Result<Option<u64>, ExecError> {
    let code = state::bytes(ctx.state, &hash)?;
    let price = ctx.machine.runner.vm.prices().storage_read.of(code.len());
    ctx.machine.budget.spend(price)?;
    Ok(migrate_version(&code).ok().flatten())
}

/// Pays for a message that stays in a contract's history.
fn keep(ctx: &Context<'_>, msg: &[u8]) -> Result<(), ExecError> {
    let price = ctx.machine.runner.vm.prices().storage_write.of(msg.len());
    Ok(ctx.machine.budget.spend(price)?)
}

fn store_code(
    ctx: &mut Context<'_>,
    sender: &Address,
    upload: &Upload,
    access: Option<&AccessConfig>,
) -> Result<Any, ExecError> {
    let params = Params::load(ctx.state)?;
    let usual = access::with(params.instantiate, sender);
    let access = access.cloned().unwrap_or_else(|| usual.clone());
    if !access::allows(&params.upload, sender) || !access::is_within(&access, &usual) {
        return Err(sdk::unauthorized("can not create code").into());
    }
    let code = upload.unpack()?;
    let refused = |refusal: String| ExecError::from(ContractsError::Create(refusal));
    let report = ctx
        .machine
        .runner
        .vm
        .check(&code)
        .map_err(|refusal| refused(refusal.to_string()))?;
    let hash = CodeHash::of(&code);
    let ready = compile_later(ctx, &hash, report.effort())?;
    let info = CodeInfo {
        code_hash: hash.0.to_vec(),
        creator: sender.to_string(),
        instantiate_config: Some(access),
    };
    let id = state::add_code(ctx.state, code, &info)?;
    events::stored(ctx, id, &hash.0, ready, report.capabilities());
    Ok(pack(&MsgStoreCodeResponse {
        code_id: id,
        checksum: hash.0.to_vec(),
    }))
}

/// Pays for compiling a code, which nodes do once the block is committed, and says from which height
/// they will have. Bytes that are there already are compiled already, or wait for it.
fn compile_later(ctx: &mut Context<'_>, hash: &CodeHash, effort: u64) -> Result<u64, ExecError> {
    if state::has_bytes(ctx.state, hash)? {
        return Ok(compiling::ready_height(ctx.state, hash)?);
    }
    let points = POINTS_PER_GAS
        .saturating_mul(gas::PER_COMPILED_MS)
        .saturating_mul(effort);
    ctx.machine.budget.spend(points)?;
    compiling::queue(ctx, hash, effort)
}

/// Refuses a code that cannot be run yet, or that the compiler cannot compile: before it is the code of
/// a contract.
fn usable(ctx: &Context<'_>, id: u64, code: &CodeInfo) -> Result<CodeHash, ExecError> {
    let hash = state::hash_of(code)?;
    compiling::check(ctx, id, &hash)?;
    call::compiled(ctx, &hash)?;
    Ok(hash)
}

fn set_admin(
    ctx: &mut Context<'_>,
    sender: &Address,
    contract: &Address,
    admin: Option<&Address>,
) -> Result<Any, ExecError> {
    let mut record = administered(ctx, sender, contract, "can not modify contract")?;
    record.admin = admin.map(Address::to_string).unwrap_or_default();
    state::save(ctx.state, contract, &record);
    events::admin_changed(ctx, contract, &record.admin);
    Ok(match admin {
        Some(_) => pack(&MsgUpdateAdminResponse {}),
        None => pack(&MsgClearAdminResponse {}),
    })
}

fn set_label(
    ctx: &mut Context<'_>,
    sender: &Address,
    contract: &Address,
    label: &str,
) -> Result<Any, ExecError> {
    let mut record = administered(ctx, sender, contract, "can not modify contract")?;
    label.clone_into(&mut record.label);
    state::save(ctx.state, contract, &record);
    events::label_changed(ctx, contract, label);
    Ok(pack(&MsgUpdateContractLabelResponse {}))
}

fn set_access(
    ctx: &mut Context<'_>,
    sender: &Address,
    id: u64,
    access: &AccessConfig,
) -> Result<Any, ExecError> {
    let mut code = state::code(ctx.state, id)?;
    let params = Params::load(ctx.state)?;
    let usual = access::with(params.instantiate, sender);
    if code.creator != sender.to_string() || !access::is_within(access, &usual) {
        return Err(sdk::unauthorized("can not modify code access config").into());
    }
    code.instantiate_config = Some(access.clone());
    state::save_code(ctx.state, id, &code);
    events::access_changed(ctx, id, access.permission().as_str_name(), &access.addresses);
    Ok(pack(&MsgUpdateInstantiateConfigResponse {}))
}

/// A contract whose admin is the sender.
fn administered(
    ctx: &Context<'_>,
    sender: &Address,
    contract: &Address,
    otherwise: &str,
) -> Result<ContractInfo, ExecError> {
    let record = state::contract(ctx.state, contract)?;
    match record.admin == sender.to_string() {
        true => Ok(record),
        false => Err(sdk::unauthorized(otherwise).into()),
    }
}

fn hash_of(ctx: &Context<'_>, contract: &ContractInfo) -> Result<CodeHash, ExecError> {
    Ok(state::hash_of(&state::code(ctx.state, contract.code_id)?)?)
}

fn bytes(data: Option<Binary>) -> Vec<u8> {
    data.map(Binary::into).unwrap_or_default()
}
