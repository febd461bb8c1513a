//! One function's body, checked and walked: what its accounting is, and where it goes.

use std::ops::Range;

use wasmparser::{
    BlockType, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
    OperatorsReader, ValidatorResources,
};

use super::effort::Effort;
use super::refusal::Refusal;
use super::segments::Segments;
use super::types::FunctionType;
use super::{Rules, check};
use crate::limits::Limit;
use crate::prices::{MAXIMUM_CHARGE, Rule};

/// What is written instead of a range of the body, before it or behind it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit {
    /// Instead: nothing of it can be reached.
    Unreachable,
    /// Before: a charge of so many points for each unit of the topmost operand.
    Charge(u64),
    /// Instead: a branch out of so many blocks, behind which the height is given back.
    Return(u32),
    /// Behind: the points left are read again, for what was called has changed them.
    Call,
    /// The same; and instead: a call with the type, its table's index in a single byte.
    CallIndirect(u32),
}

/// What the walk found out about a body.
#[derive(Debug)]
pub(super) struct Shape {
    /// How many groups of declared locals there are.
    pub group_count: u32,
    /// Where they are, behind their number.
    pub groups: Range<usize>,
    /// Parameters and declared locals.
    pub locals: u32,
    /// From the first operator to behind the last `end`.
    pub operators: Range<usize>,
    /// Slots of the stack.
    pub height: u64,
    /// Whether it calls nothing: then nobody can see the stack budget while it runs.
    pub leaf: bool,
}

/// The walk over bodies. It keeps its allocations and totals from one body to the next.
#[derive(Default)]
pub(super) struct Walk {
    allocations: FuncValidatorAllocations,
    locals: u64,
    operators: u64,
    targets: u64,
    pub segments: Segments,
    pub effort: Effort,
    pub edits: Vec<(Range<usize>, Edit)>,
}

impl Walk {
    /// Walks one body of a function of the type.
    pub(super) fn body(
        &mut self,
        rules: &Rules,
        types: &[FunctionType],
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<Shape, Refusal> {
        let Range { start, end } = body.range();
        check(rules, Limit::BodyBytes, (end.saturating_sub(start)) as u64, start)?;
        let ty = types.get(function.ty as usize);
        let parameters = ty.map_or(0, |ty| ty.parameters.len() as u64);
        let values = ty.map_or(0, FunctionType::len) as u64;
        let (group_count, groups, declared) = self.declared(rules, body, parameters)?;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let operators = OperatorsReader::new(reader);
        let first = operators.original_position();
        let prices = &rules.prices;
        let locals_price = prices.rule(Rule::FunctionLocal).saturating_mul(declared);
        let entry = prices.rule(Rule::FunctionEntry).saturating_add(locals_price);
        self.segments.begin(first, entry.min(MAXIMUM_CHARGE));
        let (operands, reached, leaf) = self.operators(rules, types, operators, &mut validator)?;
        let locals = validator.len_locals();
        let (effort, joined) = self.effort.finish(u64::from(locals), values);
        check(rules, Limit::Joined, joined, first)?;
        check(rules, Limit::Effort, effort, first)?;
        self.allocations = validator.into_allocations();
        let per_operators = reached
            .checked_div(prices.rule(Rule::HeightOperators))
            .unwrap_or(reached);
        let height = [
            prices.rule(Rule::HeightFrame),
            u64::from(locals),
            u64::from(operands),
            per_operators,
        ];
        let height = height
            .iter()
            .fold(0u64, |sum, part| sum.saturating_add(*part))
            .min(MAXIMUM_CHARGE);
        Ok(Shape {
            group_count,
            groups,
            locals,
            operators: first..end,
            height,
            leaf,
        })
    }

    /// The groups of declared locals: how many, where, and how many locals.
    fn declared(
        &mut self,
        rules: &Rules,
        body: &FunctionBody<'_>,
        parameters: u64,
    ) -> Result<(u32, Range<usize>, u64), Refusal> {
        let mut reader = body.get_locals_reader()?;
        let start = reader.original_position();
        let mut declared = 0u64;
        for _ in 0..reader.get_count() {
            let at = reader.original_position();
            declared = declared.saturating_add(u64::from(reader.read()?.0));
            check(rules, Limit::Locals, declared.saturating_add(parameters), at)?;
        }
        self.locals = self.locals.saturating_add(declared);
        check(rules, Limit::LocalsTotal, self.locals, start)?;
        Ok((reader.get_count(), start..reader.original_position(), declared))
    }

    /// Walks the operators. Gives the greatest height of the operand stack, how many operators can be
    /// reached, and whether none of them calls.
    fn operators(
        &mut self,
        rules: &Rules,
        types: &[FunctionType],
        mut operators: OperatorsReader<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
    ) -> Result<(u32, u64, bool), Refusal> {
        self.edits.clear();
        self.effort
            .begin(validator.len_locals() as usize, operators.clone());
        let (mut operands, mut reached, mut leaf) = (0, 0u64, true);
        while !operators.eof() {
            let at = operators.original_position();
            let operator = operators.read()?;
            let behind = operators.original_position();
            let price = self.admit(rules, types, &operator, at)?;
            let arity = operator.operator_arity(validator).unwrap_or_default();
            validator.op(at, &operator)?;
            let live = self.segments.live();
            if live {
                reached = reached.saturating_add(1);
                operands = operands.max(validator.operand_stack_height());
                check(rules, Limit::Operands, u64::from(operands), at)?;
                leaf &= !matches!(operator, Operator::Call { .. } | Operator::CallIndirect { .. });
                self.edit(rules, &operator, at..behind);
            }
            self.effort.step(&operator, arity, live);
            if !self.segments.step(&operator, price, behind) {
                self.leave_out(at..behind);
            }
            check(rules, Limit::Nesting, self.segments.depth() as u64, at)?;
            check(rules, Limit::LoopNesting, self.segments.loops() as u64, at)?;
        }
        operators.finish()?;
        Ok((operands, reached, leaf))
    }

    /// What an operator costs, if contracts may use it and it is not too large.
    fn admit(
        &mut self,
        rules: &Rules,
        types: &[FunctionType],
        operator: &Operator<'_>,
        at: usize,
    ) -> Result<u64, Refusal> {
        self.operators = self.operators.saturating_add(1);
        check(rules, Limit::Operators, self.operators, at)?;
        match operator {
            Operator::BrTable { targets } => {
                let count = u64::from(targets.len());
                check(rules, Limit::BranchTargets, count, at)?;
                self.targets = self.targets.saturating_add(count);
                check(rules, Limit::BranchTargetsTotal, self.targets, at)?;
            }
            Operator::Block {
                blockty: BlockType::FuncType(index),
            }
            | Operator::Loop {
                blockty: BlockType::FuncType(index),
            }
            | Operator::If {
                blockty: BlockType::FuncType(index),
            } => {
                let values = types.get(*index as usize).map_or(0, FunctionType::len);
                check(rules, Limit::BlockValues, values as u64, at)?;
            }
            _ => {}
        }
        rules
            .prices
            .operator(operator)
            .ok_or_else(|| Refusal::operator(operator, at))
    }

    /// Notes what is written for an operator that can be reached, if it does not stay as it is.
    fn edit(&mut self, rules: &Rules, operator: &Operator<'_>, range: Range<usize>) {
        let edit = match operator {
            Operator::Return => Edit::Return(self.segments.depth().saturating_sub(1) as u32),
            Operator::Call { .. } => Edit::Call,
            Operator::CallIndirect { type_index, .. } => Edit::CallIndirect(*type_index),
            operator => match rules.prices.per_unit(operator) {
                Some((points, _)) => Edit::Charge(points),
                None => return,
            },
        };
        self.edits.push((range, edit));
    }

    fn leave_out(&mut self, range: Range<usize>) {
        match self.edits.last_mut() {
            Some((last, Edit::Unreachable)) if last.end == range.start => last.end = range.end,
            _ => self.edits.push((range, Edit::Unreachable)),
        }
    }
}
