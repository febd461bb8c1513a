//! One body to the internal form: where segments begin and end, what each costs, and how high the operand
//! stack gets. Every rule here is a sentence of `docs/contracts/metering.md`.

use crate::code::{Body, Instr, Jump};
use crate::costs::MAX_CHARGE;
use crate::module::{LoadError, Module, OperatorPrice};
use crate::value::Slot;
use crate::{floats, integers};
use wasmparser::{BlockType, FunctionBody, MemArg, Operator};

const BROKEN: LoadError = LoadError::Broken("structure of a body");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The body itself, whose end is a return.
    Function,
    Block,
    Loop {
        head: usize,
    },
    /// `otherwise` is the jump taken where the condition is zero, until an `else` places it.
    If {
        otherwise: Option<usize>,
    },
}

/// A structure that is open. One that began in code that cannot be reached is only counted.
struct Block {
    kind: Kind,
    reachable: bool,
    /// Operands below its parameters.
    base: usize,
    params: usize,
    results: usize,
    /// Some branch that can be reached names it, or its `then` falls into the `else`.
    named: bool,
    /// Instructions to point at its end: the instruction, and the entry in it where it is a table.
    pending: Vec<(usize, usize)>,
}

struct Lowering<'m> {
    module: &'m Module,
    price: OperatorPrice<'m>,
    code: Vec<Instr>,
    blocks: Vec<Block>,
    /// Whether the next operator can be reached. While it can, the segment below is open.
    live: bool,
    /// Where the open segment's charge stands.
    segment: usize,
    /// Parameters and declared locals.
    locals: usize,
    height: usize,
    greatest: usize,
    /// Operators that a segment pays for.
    paid: u64,
}

/// Lowers the body of a function of type number `ty`.
pub(crate) fn body(
    module: &Module,
    ty: usize,
    body: &FunctionBody<'_>,
    price: OperatorPrice<'_>,
) -> Result<Body, LoadError> {
    let signature = module.types.get(ty).ok_or(BROKEN)?;
    let (params, results) = (signature.params().len(), signature.results().len());
    let mut declared = 0_u64;
    for group in body.get_locals_reader()? {
        declared += u64::from(group?.0);
    }
    let function = Block {
        kind: Kind::Function,
        reachable: true,
        base: 0,
        params: 0,
        results,
        named: false,
        pending: Vec::new(),
    };
    let mut lowering = Lowering {
        module,
        price,
        code: Vec::new(),
        blocks: vec![function],
        live: true,
        segment: 0,
        locals: params + declared as usize,
        height: 0,
        greatest: 0,
        paid: 0,
    };
    lowering.begin_segment();
    lowering.pay(module.costs.entry)?;
    lowering.pay(
        module
            .costs
            .local
            .checked_mul(declared)
            .ok_or(LoadError::TooExpensive)?,
    )?;
    for op in body.get_operators_reader()? {
        lowering.operator(&op?)?;
    }
    let by_operators = module
        .costs
        .operators_per_slot
        .map_or(0, |every| lowering.paid / every);
    let height = (lowering.locals + lowering.greatest) as u64 + by_operators;
    Ok(Body {
        params,
        locals: lowering.locals,
        results,
        height: height
            .checked_add(module.costs.frame_slots)
            .ok_or(LoadError::TooExpensive)?,
        code: lowering.code,
    })
}

impl Lowering<'_> {
    fn begin_segment(&mut self) {
        self.segment = self.code.len();
        self.code.push(Instr::Charge(0));
    }

    fn pay(&mut self, points: u64) -> Result<(), LoadError> {
        match self.code.get_mut(self.segment) {
            Some(Instr::Charge(cost)) => {
                *cost = cost
                    .checked_add(points)
                    .filter(|c| *c <= MAX_CHARGE)
                    .ok_or(LoadError::TooExpensive)?;
                Ok(())
            }
            _ => Err(BROKEN),
        }
    }

    fn pop(&mut self, count: usize) -> Result<(), LoadError> {
        self.height = self.height.checked_sub(count).ok_or(BROKEN)?;
        Ok(())
    }

    fn push(&mut self, count: usize) {
        self.height += count;
        self.greatest = self.greatest.max(self.height);
    }

    /// What cannot be reached costs nothing and is not in the code; only its structure is followed.
    fn operator(&mut self, op: &Operator<'_>) -> Result<(), LoadError> {
        if self.live {
            self.pay((self.price)(op))?;
            self.paid += 1;
        }
        match op {
            Operator::Else => self.otherwise(),
            Operator::End => self.end(),
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } if !self.live => {
                self.blocks.push(Block {
                    kind: Kind::Block,
                    reachable: false,
                    base: 0,
                    params: 0,
                    results: 0,
                    named: false,
                    pending: Vec::new(),
                });
                Ok(())
            }
            _ if !self.live => Ok(()),
            Operator::Block { blockty } => self.open(Kind::Block, *blockty),
            Operator::Loop { blockty } => {
                self.open(
                    Kind::Loop {
                        head: self.code.len(),
                    },
                    *blockty,
                )?;
                self.begin_segment();
                Ok(())
            }
            Operator::If { blockty } => {
                self.pop(1)?;
                self.open(
                    Kind::If {
                        otherwise: Some(self.code.len()),
                    },
                    *blockty,
                )?;
                self.code.push(Instr::GotoIfZero(usize::MAX));
                self.begin_segment();
                Ok(())
            }
            Operator::Br { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } => self.branch(op),
            Operator::Return => {
                self.code.push(Instr::Return);
                self.live = false;
                Ok(())
            }
            Operator::Unreachable => {
                self.code.push(Instr::Unreachable);
                self.live = false;
                Ok(())
            }
            _ => self.plain(op),
        }
    }

    fn open(&mut self, kind: Kind, ty: BlockType) -> Result<(), LoadError> {
        let (params, results) = match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => {
                let ty = self.module.types.get(index as usize).ok_or(BROKEN)?;
                (ty.params().len(), ty.results().len())
            }
        };
        let base = self.height.checked_sub(params).ok_or(BROKEN)?;
        let pending = Vec::new();
        self.blocks.push(Block {
            kind,
            reachable: true,
            base,
            params,
            results,
            named: false,
            pending,
        });
        Ok(())
    }

    fn otherwise(&mut self) -> Result<(), LoadError> {
        let here = self.code.len();
        let block = self.blocks.last_mut().ok_or(BROKEN)?;
        if !block.reachable {
            return Ok(());
        }
        let Kind::If {
            otherwise: Some(condition),
        } = block.kind
        else {
            return Err(BROKEN);
        };
        block.kind = Kind::If { otherwise: None };
        self.height = block.base + block.params;
        if self.live {
            block.named = true;
            block.pending.push((here, 0));
            self.code.push(Instr::Goto(usize::MAX));
        }
        self.point(condition, 0, self.code.len())?;
        self.live = true;
        self.begin_segment();
        Ok(())
    }

    fn end(&mut self) -> Result<(), LoadError> {
        let block = self.blocks.pop().ok_or(BROKEN)?;
        if !block.reachable {
            return Ok(());
        }
        let here = self.code.len();
        for (instruction, entry) in block.pending {
            self.point(instruction, entry, here)?;
        }
        match block.kind {
            Kind::Function => {
                self.code.push(Instr::Return);
                return Ok(());
            }
            Kind::Block => self.live |= block.named,
            Kind::Loop { .. } => {}
            Kind::If {
                otherwise: Some(condition),
            } => {
                self.point(condition, 0, here)?;
                self.live = true;
            }
            Kind::If { otherwise: None } => self.live |= block.named,
        }
        if self.live {
            self.height = block.base;
            self.push(block.results);
            if block.named || matches!(block.kind, Kind::If { .. }) {
                self.begin_segment();
            }
        }
        Ok(())
    }

    fn branch(&mut self, op: &Operator<'_>) -> Result<(), LoadError> {
        let here = self.code.len();
        match op {
            Operator::Br { relative_depth } => {
                let jump = self.jump(*relative_depth, (here, 0))?;
                self.code.push(Instr::Br(jump));
                self.live = false;
            }
            Operator::BrIf { relative_depth } => {
                self.pop(1)?;
                let jump = self.jump(*relative_depth, (here, 0))?;
                self.code.push(Instr::BrIf(jump));
                self.begin_segment();
            }
            Operator::BrTable { targets } => {
                self.pop(1)?;
                let mut jumps = Vec::new();
                for depth in targets.targets() {
                    jumps.push(self.jump(depth?, (here, jumps.len()))?);
                }
                jumps.push(self.jump(targets.default(), (here, jumps.len()))?);
                self.code.push(Instr::BrTable(jumps));
                self.live = false;
            }
            _ => return Err(BROKEN),
        }
        Ok(())
    }

    /// A branch out of `depth` structures, from the place that is pointed at the end later.
    fn jump(&mut self, depth: u32, from: (usize, usize)) -> Result<Jump, LoadError> {
        let index = self.blocks.len().checked_sub(1 + depth as usize).ok_or(BROKEN)?;
        let block = self.blocks.get_mut(index).ok_or(BROKEN)?;
        let height = self.locals + block.base;
        if let Kind::Loop { head } = block.kind {
            return Ok(Jump {
                target: head,
                keep: block.params,
                height,
            });
        }
        block.named = true;
        block.pending.push(from);
        Ok(Jump {
            target: usize::MAX,
            keep: block.results,
            height,
        })
    }

    fn point(&mut self, instruction: usize, entry: usize, to: usize) -> Result<(), LoadError> {
        let target = match self.code.get_mut(instruction) {
            Some(Instr::Goto(target) | Instr::GotoIfZero(target)) => target,
            Some(Instr::Br(jump) | Instr::BrIf(jump)) => &mut jump.target,
            Some(Instr::BrTable(jumps)) => &mut jumps.get_mut(entry).ok_or(BROKEN)?.target,
            _ => return Err(BROKEN),
        };
        *target = to;
        Ok(())
    }

    /// An operator that goes on at the next one.
    fn plain(&mut self, op: &Operator<'_>) -> Result<(), LoadError> {
        let (instr, pops, pushes) = if *op == Operator::Nop {
            return Ok(());
        } else if let Some(instr) = integers::instruction(op).or_else(|| floats::instruction(op)) {
            let pops = if matches!(instr, Instr::Unary(_) | Instr::TryUnary(_)) {
                1
            } else {
                2
            };
            (instr, pops, 1)
        } else if let Some(found) = memory_access(op) {
            found
        } else if let Some(found) = self.call(op)? {
            found
        } else if let Some(found) = stack_or_bulk(op) {
            found
        } else {
            return Err(LoadError::Unsupported(format!("{op:?}")));
        };
        self.pop(pops)?;
        self.push(pushes);
        self.code.push(instr);
        Ok(())
    }

    fn call(&self, op: &Operator<'_>) -> Result<Option<(Instr, usize, usize)>, LoadError> {
        Ok(match op {
            Operator::Call { function_index } => {
                let ty = self
                    .module
                    .function_type(*function_index as usize)
                    .ok_or(BROKEN)?;
                let call = Instr::Call(*function_index as usize);
                Some((call, ty.params().len(), ty.results().len()))
            }
            Operator::CallIndirect { type_index, .. } => {
                let number = self.module.first_equal(*type_index)?;
                let ty = self.module.types.get(number).ok_or(BROKEN)?;
                Some((
                    Instr::CallIndirect(number),
                    ty.params().len() + 1,
                    ty.results().len(),
                ))
            }
            _ => None,
        })
    }
}

/// Operators on constants, locals, globals, sizes and ranges, with what they pop and push.
fn stack_or_bulk(op: &Operator<'_>) -> Option<(Instr, usize, usize)> {
    Some(match op {
        Operator::I32Const { value } => (Instr::Const(value.into_slot()), 0, 1),
        Operator::I64Const { value } => (Instr::Const(value.into_slot()), 0, 1),
        Operator::F32Const { value } => (Instr::Const(u64::from(value.bits())), 0, 1),
        Operator::F64Const { value } => (Instr::Const(value.bits()), 0, 1),
        Operator::Drop => (Instr::Drop, 1, 0),
        Operator::Select => (Instr::Select, 3, 1),
        Operator::LocalGet { local_index } => (Instr::LocalGet(*local_index as usize), 0, 1),
        Operator::LocalSet { local_index } => (Instr::LocalSet(*local_index as usize), 1, 0),
        Operator::LocalTee { local_index } => (Instr::LocalTee(*local_index as usize), 1, 1),
        Operator::GlobalGet { global_index } => (Instr::GlobalGet(*global_index as usize), 0, 1),
        Operator::GlobalSet { global_index } => (Instr::GlobalSet(*global_index as usize), 1, 0),
        Operator::MemorySize { .. } => (Instr::MemorySize, 0, 1),
        Operator::MemoryGrow { .. } => (Instr::MemoryGrow, 1, 1),
        Operator::MemoryFill { .. } => (Instr::MemoryFill, 3, 0),
        Operator::MemoryCopy { .. } => (Instr::MemoryCopy, 3, 0),
        Operator::MemoryInit { data_index, .. } => (Instr::MemoryInit(*data_index as usize), 3, 0),
        Operator::DataDrop { data_index } => (Instr::DataDrop(*data_index as usize), 0, 0),
        Operator::TableCopy { .. } => (Instr::TableCopy, 3, 0),
        Operator::TableInit { elem_index, .. } => (Instr::TableInit(*elem_index as usize), 3, 0),
        Operator::ElemDrop { elem_index } => (Instr::ElemDrop(*elem_index as usize), 0, 0),
        _ => return None,
    })
}

fn memory_access(op: &Operator<'_>) -> Option<(Instr, usize, usize)> {
    let load = |memarg: &MemArg, width, extend: fn(u64) -> u64| {
        Some((
            Instr::Load {
                offset: memarg.offset,
                width,
                extend,
            },
            1,
            1,
        ))
    };
    let store = |memarg: &MemArg, width| {
        Some((
            Instr::Store {
                offset: memarg.offset,
                width,
            },
            2,
            0,
        ))
    };
    match op {
        Operator::I32Load { memarg } | Operator::F32Load { memarg } => load(memarg, 4, |v| v),
        Operator::I64Load { memarg } | Operator::F64Load { memarg } => load(memarg, 8, |v| v),
        Operator::I32Load8S { memarg } => load(memarg, 1, |v| i32::from(v as i8).into_slot()),
        Operator::I64Load8S { memarg } => load(memarg, 1, |v| i64::from(v as i8).into_slot()),
        Operator::I32Load8U { memarg } | Operator::I64Load8U { memarg } => load(memarg, 1, |v| v),
        Operator::I32Load16S { memarg } => load(memarg, 2, |v| i32::from(v as i16).into_slot()),
        Operator::I64Load16S { memarg } => load(memarg, 2, |v| i64::from(v as i16).into_slot()),
        Operator::I32Load16U { memarg } | Operator::I64Load16U { memarg } => load(memarg, 2, |v| v),
        Operator::I64Load32S { memarg } => load(memarg, 4, |v| i64::from(v as i32).into_slot()),
        Operator::I64Load32U { memarg } => load(memarg, 4, |v| v),
        Operator::I32Store { memarg } | Operator::F32Store { memarg } | Operator::I64Store32 { memarg } => {
            store(memarg, 4)
        }
        Operator::I64Store { memarg } | Operator::F64Store { memarg } => store(memarg, 8),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => store(memarg, 1),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => store(memarg, 2),
        _ => None,
    }
}
