//! Which operators can end a call, or show the budget to somebody else.

use wasmparser::Operator as O;

/// Whether the operator may trap or call. Every other one that contracts may use only computes,
/// branches or moves values, or has a price per unit, whose charge shows the budget by itself.
pub(super) fn may_trap(operator: &O<'_>) -> bool {
    matches!(operator, O::Unreachable | O::Call { .. } | O::CallIndirect { .. })
        || loads(operator)
        || stores(operator)
        || divides(operator)
        || truncates(operator)
}

fn loads(operator: &O<'_>) -> bool {
    matches!(
        operator,
        O::I32Load { .. }
            | O::I64Load { .. }
            | O::F32Load { .. }
            | O::F64Load { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Load16S { .. }
            | O::I32Load16U { .. }
            | O::I64Load8S { .. }
            | O::I64Load8U { .. }
            | O::I64Load16S { .. }
            | O::I64Load16U { .. }
            | O::I64Load32S { .. }
            | O::I64Load32U { .. }
    )
}

fn stores(operator: &O<'_>) -> bool {
    matches!(
        operator,
        O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. }
    )
}

/// By zero, or the least integer by −1.
fn divides(operator: &O<'_>) -> bool {
    matches!(
        operator,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU | O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU
    )
}

/// Of a float that no integer is near.
fn truncates(operator: &O<'_>) -> bool {
    matches!(
        operator,
        O::I32TruncF32S
            | O::I32TruncF32U
            | O::I32TruncF64S
            | O::I32TruncF64U
            | O::I64TruncF32S
            | O::I64TruncF32U
            | O::I64TruncF64S
            | O::I64TruncF64U
    )
}
