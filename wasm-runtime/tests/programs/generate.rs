//! Programs with deep control flow: nested blocks, loops and ifs of several values, branches of every kind
//! out of odd places, code that cannot be reached, direct, indirect, recursive and host calls, and operators
//! that trap. What comes out always validates.

use super::choices::Choices;
use super::module::{self, Signature, host_functions};
use super::operators;
use wasm_encoder::{BlockType, CodeSection, Function, Instruction as I, ValType};

pub const TYPES: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];

/// A module from decisions: its functions are exported as `f0`, `f1` …, its globals as `g0` … and its
/// memory as `memory`.
pub fn module(choices: &mut Choices<'_>) -> Vec<u8> {
    let hosts = host_functions();
    let mut types: Vec<Signature> = hosts
        .iter()
        .map(|(_, params, results)| Signature(params.clone(), results.clone()))
        .collect();
    let mut functions: Vec<usize> = (0..hosts.len()).collect();
    let own = 1 + choices.below(4);
    for _ in 0..own {
        let signature = Signature(some_types(choices, 4), some_types(choices, 3));
        functions.push(intern(&mut types, signature));
    }
    let mut code = CodeSection::new();
    for index in 0..own {
        let ty = functions[hosts.len() + index];
        code.function(&Body::write(choices, &mut types, &functions, ty));
    }
    module::assemble(&types, &functions, code, choices)
}

fn some_types(choices: &mut Choices<'_>, most: usize) -> Vec<ValType> {
    (0..choices.below(most + 1)).map(|_| choices.of(&TYPES)).collect()
}

fn intern(types: &mut Vec<Signature>, signature: Signature) -> usize {
    types
        .iter()
        .position(|known| *known == signature)
        .unwrap_or_else(|| {
            types.push(signature);
            types.len() - 1
        })
}

/// An open structure: what a branch to it carries, and where its operands begin.
struct Label {
    carries: Vec<ValType>,
    base: usize,
}

struct Body<'c, 'b, 't> {
    choices: &'c mut Choices<'b>,
    types: &'t mut Vec<Signature>,
    functions: &'t [usize],
    out: Function,
    locals: Vec<ValType>,
    stack: Vec<ValType>,
    labels: Vec<Label>,
    /// Locals that count down loops; nothing else writes them.
    counters: Vec<u32>,
    statements: usize,
}

impl<'c, 'b, 't> Body<'c, 'b, 't> {
    fn write(
        choices: &'c mut Choices<'b>,
        types: &'t mut Vec<Signature>,
        functions: &'t [usize],
        ty: usize,
    ) -> Function {
        let Signature(params, results) = types[ty].clone();
        let declared: Vec<ValType> = (0..choices.below(6)).map(|_| choices.of(&TYPES)).collect();
        let mut all = declared.clone();
        all.extend([ValType::I32; 4]);
        let locals = [params, declared].concat();
        let counters = (locals.len() as u32..).take(4).collect();
        let statements = 4 + choices.below(60);
        let labels = vec![Label {
            carries: results.clone(),
            base: 0,
        }];
        let mut body = Body {
            choices,
            types,
            functions,
            out: Function::new_with_locals_types(all),
            locals,
            stack: Vec::new(),
            labels,
            counters,
            statements,
        };
        body.statements(&results);
        body.out.instruction(&I::End);
        body.out
    }

    fn emit(&mut self, instruction: I<'_>) {
        self.out.instruction(&instruction);
    }

    /// Statements up to an end that leaves these types.
    fn statements(&mut self, results: &[ValType]) {
        let base = self.labels[self.labels.len() - 1].base;
        while self.statements > 0 && !self.choices.one_in(9) {
            self.statements -= 1;
            if self.statement() {
                // Nothing falls through here: what follows is free to assume any operands.
                self.stack.truncate(base);
                if !self.choices.one_in(3) {
                    return;
                }
            }
        }
        if self.stack[base..] != *results {
            for _ in base..self.stack.len() {
                self.emit(I::Drop);
            }
            self.stack.truncate(base);
            self.values(results);
        }
    }

    /// Writes a statement; whether control never falls out of it.
    fn statement(&mut self) -> bool {
        match self.choices.below(24) {
            0..=4 => {
                let ty = self.choices.of(&TYPES);
                self.value(ty);
            }
            5..=8 => self.compute(),
            9 => self.assign(),
            10 | 11 => self.structure(),
            12 => self.counted_loop(),
            13 | 14 => self.either(),
            15 | 16 => self.branch_if(),
            17 => return self.leave(),
            18 | 19 => self.call(),
            20 => self.call_indirect(),
            21 => self.access(),
            22 => self.bulk(),
            _ => {
                if self.visible() > 0 {
                    self.stack.pop();
                    self.emit(I::Drop);
                } else {
                    self.emit(I::Nop);
                }
            }
        }
        false
    }

    /// How many operands the innermost structure may take.
    fn visible(&self) -> usize {
        self.stack.len() - self.labels[self.labels.len() - 1].base
    }

    fn values(&mut self, types: &[ValType]) {
        for ty in types {
            self.value(*ty);
        }
    }

    /// Pushes a value of a type from somewhere.
    fn value(&mut self, ty: ValType) {
        let locals: Vec<u32> = self
            .locals
            .iter()
            .enumerate()
            .filter(|(_, t)| **t == ty)
            .map(|(i, _)| i as u32)
            .collect();
        match self.choices.below(4) {
            0 | 1 if !locals.is_empty() => {
                let local = self.choices.of(&locals);
                self.emit(I::LocalGet(local));
            }
            2 => {
                let global = TYPES.iter().position(|t| *t == ty).unwrap_or(0) as u32;
                self.emit(I::GlobalGet(global));
            }
            _ => {
                let constant = operators::constant(self.choices, ty);
                self.emit(constant);
            }
        }
        self.stack.push(ty);
    }

    /// Makes these types the topmost operands, from what is there where that fits.
    fn operands(&mut self, types: &[ValType]) {
        let there = self.visible() >= types.len() && self.stack.ends_with(types);
        if !there || self.choices.one_in(4) {
            self.values(types);
        }
    }

    fn take(&mut self, count: usize) {
        self.stack.truncate(self.stack.len() - count);
    }

    fn compute(&mut self) {
        let ty = if self.visible() > 0 && !self.choices.one_in(3) {
            self.stack[self.stack.len() - 1]
        } else {
            self.choices.of(&TYPES)
        };
        let (instruction, params, result) = operators::numeric(self.choices, ty);
        self.operands(&params);
        self.take(params.len());
        self.emit(instruction);
        self.stack.push(result);
    }

    fn assign(&mut self) {
        let index = self.choices.below(4);
        if self.locals.is_empty() || index == 0 {
            let global = self.choices.below(4);
            self.operands(&[TYPES[global]]);
            self.take(1);
            return self.emit(I::GlobalSet(global as u32));
        }
        let local = self.choices.below(self.locals.len());
        self.operands(&[self.locals[local]]);
        if index == 1 {
            return self.emit(I::LocalTee(local as u32));
        }
        self.take(1);
        self.emit(I::LocalSet(local as u32));
    }

    /// A signature whose parameters are the topmost operands, and its encoding.
    fn block_signature(&mut self) -> (Signature, BlockType) {
        let params = if self.choices.one_in(3) {
            self.choices.below(self.visible().min(3) + 1)
        } else {
            0
        };
        let params = self.stack[self.stack.len() - params..].to_vec();
        let results = some_types(self.choices, 3);
        let ty = match (params.is_empty(), results.as_slice()) {
            (true, []) => BlockType::Empty,
            (true, [one]) => BlockType::Result(*one),
            _ => {
                BlockType::FunctionType(intern(self.types, Signature(params.clone(), results.clone())) as u32)
            }
        };
        (Signature(params, results), ty)
    }

    /// What stands between an opcode that opens and the `else` or `end` that closes.
    fn inside(&mut self, base: usize, params: &[ValType], results: &[ValType], carries: &[ValType]) {
        self.stack.truncate(base);
        self.stack.extend(params);
        self.labels.push(Label {
            carries: carries.to_vec(),
            base,
        });
        self.statements(results);
        self.labels.pop();
        self.stack.truncate(base);
        self.stack.extend(results);
    }

    fn structure(&mut self) {
        let (Signature(params, results), ty) = self.block_signature();
        let base = self.stack.len() - params.len();
        if self.choices.one_in(3) {
            self.emit(I::Loop(ty));
            self.inside(base, &params, &results, &params);
        } else {
            self.emit(I::Block(ty));
            self.inside(base, &params, &results, &results);
        }
        self.emit(I::End);
    }

    /// A loop that ends after a few turns, unless something leaves it before.
    fn counted_loop(&mut self) {
        let Some(counter) = self.counters.pop() else {
            return self.emit(I::Nop);
        };
        let turns = self.choices.below(12) as i32;
        self.emit(I::I32Const(turns));
        self.emit(I::LocalSet(counter));
        self.emit(I::Loop(BlockType::Empty));
        let base = self.stack.len();
        self.labels.push(Label {
            carries: Vec::new(),
            base,
        });
        self.statements(&[]);
        self.stack.truncate(base);
        self.labels.pop();
        for instruction in [
            I::LocalGet(counter),
            I::I32Const(1),
            I::I32Sub,
            I::LocalTee(counter),
            I::I32Const(0),
            I::I32GtS,
        ] {
            self.emit(instruction);
        }
        self.emit(I::BrIf(0));
        self.emit(I::End);
        self.counters.push(counter);
    }

    fn either(&mut self) {
        let (Signature(params, results), ty) = self.block_signature();
        self.value(ValType::I32);
        self.take(1);
        self.emit(I::If(ty));
        let base = self.stack.len() - params.len();
        self.inside(base, &params, &results, &results);
        if params != results || self.choices.one_in(2) {
            self.emit(I::Else);
            self.inside(base, &params, &results, &results);
        }
        self.emit(I::End);
    }

    fn some_label(&mut self) -> (u32, Vec<ValType>) {
        let depth = self.choices.below(self.labels.len());
        (
            depth as u32,
            self.labels[self.labels.len() - 1 - depth].carries.clone(),
        )
    }

    fn branch_if(&mut self) {
        let (depth, carries) = self.some_label();
        self.operands(&carries);
        self.value(ValType::I32);
        self.take(1);
        self.emit(I::BrIf(depth));
    }

    fn leave(&mut self) -> bool {
        match self.choices.below(6) {
            0 | 1 => {
                let (depth, carries) = self.some_label();
                self.operands(&carries);
                self.emit(I::Br(depth));
            }
            2 | 3 => {
                let (depth, carries) = self.some_label();
                let alike: Vec<u32> = (0..self.labels.len())
                    .filter(|d| self.labels[self.labels.len() - 1 - d].carries == carries)
                    .map(|d| d as u32)
                    .collect();
                let targets: Vec<u32> = (0..self.choices.below(5))
                    .map(|_| self.choices.of(&alike))
                    .collect();
                self.operands(&carries);
                self.value(ValType::I32);
                if self.choices.one_in(2) {
                    self.emit(I::I32Const(3));
                    self.emit(I::I32And);
                }
                self.emit(I::BrTable(targets.into(), depth));
            }
            4 => {
                let results = self.labels[0].carries.clone();
                self.operands(&results);
                self.emit(I::Return);
            }
            _ => self.emit(I::Unreachable),
        }
        true
    }

    fn call(&mut self) {
        let function = self.choices.below(self.functions.len());
        let Signature(params, results) = self.types[self.functions[function]].clone();
        self.operands(&params);
        self.take(params.len());
        self.emit(I::Call(function as u32));
        self.stack.extend(results);
    }

    fn call_indirect(&mut self) {
        let type_index = self.functions[self.choices.below(self.functions.len())];
        let Signature(params, results) = self.types[type_index].clone();
        self.operands(&params);
        self.take(params.len());
        if self.choices.one_in(3) {
            self.value(ValType::I32);
            self.take(1);
        } else {
            let element = self.choices.below(5) as i32;
            self.emit(I::I32Const(element));
        }
        self.emit(I::CallIndirect {
            type_index: type_index as u32,
            table_index: 0,
        });
        self.stack.extend(results);
    }

    /// A load or a store, mostly within the memory.
    fn access(&mut self) {
        self.value(ValType::I32);
        if !self.choices.one_in(5) {
            self.emit(I::I32Const(0xffff));
            self.emit(I::I32And);
        }
        let ty = self.choices.of(&TYPES);
        if self.choices.one_in(2) {
            self.value(ty);
            let store = operators::store(self.choices, ty);
            self.take(2);
            self.emit(store);
        } else {
            self.take(1);
            let load = operators::load(self.choices, ty);
            self.emit(load);
            self.stack.push(ty);
        }
    }

    fn bulk(&mut self) {
        let choice = self.choices.below(10);
        if choice == 0 {
            self.emit(I::MemorySize(0));
            return self.stack.push(ValType::I32);
        }
        if choice <= 2 {
            let pages = self.choices.of(&[0, 1, 1, 2, -1]);
            self.emit(I::I32Const(pages));
            self.emit(I::MemoryGrow(0));
            return self.stack.push(ValType::I32);
        }
        if choice == 3 {
            let drop = self
                .choices
                .of(&[I::DataDrop(0), I::DataDrop(1), I::ElemDrop(0), I::ElemDrop(1)]);
            return self.emit(drop);
        }
        for _ in 0..3 {
            let small = if self.choices.one_in(8) {
                65_530
            } else {
                self.choices.below(6) as i32
            };
            self.emit(I::I32Const(small));
        }
        let segment = self.choices.below(2) as u32;
        self.emit(match choice {
            4 | 5 => I::MemoryFill(0),
            6 => I::MemoryCopy {
                src_mem: 0,
                dst_mem: 0,
            },
            7 => I::MemoryInit {
                mem: 0,
                data_index: segment,
            },
            8 => I::TableCopy {
                src_table: 0,
                dst_table: 0,
            },
            _ => I::TableInit {
                elem_index: segment,
                table: 0,
            },
        });
    }
}
