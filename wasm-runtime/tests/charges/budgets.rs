//! How points and slots run out.

use wasmtime::{Trap, Val};

use crate::common::{AMPLE, DEEP, Failure, Metering};
use crate::{price, speed, sum};

#[test]
fn a_budget_that_is_just_enough_is_enough_and_one_point_less_is_not() {
    let text = r#"(module (func (export "f") (param i32) (result i32) (local i32)
        loop
            local.get 1 local.get 0 i32.add local.set 1
            local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
        end
        local.get 1))"#;
    let mut metering = Metering::of(&speed(), text);
    let (_, cost) = metering.cost("f", &[Val::I32(10)]);
    metering.arm(cost, DEEP);
    assert_eq!(metering.call("f", &[Val::I32(10)]).unwrap()[0].unwrap_i32(), 55);
    assert_eq!(metering.points(), 0);
    metering.arm(cost - 1, DEEP);
    assert_eq!(metering.failure("f", &[Val::I32(10)]), Some(Failure::OutOfPoints));
}

#[test]
fn running_out_comes_before_a_trap_that_follows_it() {
    // The last segment is charged without a look; the trap in it must not hide that it was not paid.
    let text = r#"(module (func (export "f") (param i32) (result i32)
        local.get 0 if i32.const 1 i32.const 0 i32.div_u drop end i32.const 0))"#;
    let mut metering = Metering::of(&speed(), text);
    metering.arm(sum("function.entry local.get if"), DEEP);
    assert_eq!(metering.failure("f", &[Val::I32(1)]), Some(Failure::OutOfPoints));
    metering.arm(
        sum("function.entry local.get if 2*i32.const i32.div_u drop end"),
        DEEP,
    );
    assert_eq!(
        metering.failure("f", &[Val::I32(1)]),
        Some(Failure::Trap(Trap::IntegerDivisionByZero))
    );
}

#[test]
fn an_endless_loop_ends_when_the_points_do() {
    for body in [
        "loop br 0 end",
        "loop i32.const 1 br_if 0 end",
        "loop block i32.const 0 br_table 1 0 end end",
    ] {
        let mut metering = Metering::of(&speed(), &format!(r#"(module (func (export "f") {body}))"#));
        metering.arm(1_000_000, DEEP);
        assert_eq!(metering.failure("f", &[]), Some(Failure::OutOfPoints), "{body}");
    }
}

#[test]
fn a_heavy_operator_is_looked_at_before_it_runs() {
    let text = r#"(module (memory (export "m") 1) (func (export "f") (param i32) (result i32)
        i32.const 0 i32.const 7 local.get 0 memory.fill i32.const 1))"#;
    let mut metering = Metering::of(&speed(), text);
    metering.arm(
        sum("function.entry 3*i32.const local.get memory.fill end 99*memory.fill/byte"),
        DEEP,
    );
    assert_eq!(
        metering.failure("f", &[Val::I32(100)]),
        Some(Failure::OutOfPoints)
    );
    let memory = metering.instance.get_memory(&mut metering.store, "m").unwrap();
    assert_eq!(memory.data(&metering.store)[0], 0, "nothing was filled");
}

/// `f` calls itself as often as it is told to; one parameter, no local, two operands at most.
const RECURSIVE: &str = r#"(module (func $f (export "f") (param i32) (result i32)
    local.get 0 if local.get 0 i32.const 1 i32.sub call $f drop end i32.const 3))"#;

#[test]
fn a_height_is_frame_parameters_locals_operands_and_a_share_of_the_operators() {
    // Eleven operators can be reached.
    let height = price("height.frame") + 1 + 2 + 11 / price("height.operators");
    let mut metering = Metering::of(&speed(), RECURSIVE);
    for calls in [0, 1, 9] {
        metering.arm(AMPLE, (calls + 1) * height);
        assert!(metering.call("f", &[Val::I32(calls as i32)]).is_ok());
        assert_eq!(metering.stack(), (calls + 1) * height, "all of it is given back");
        metering.arm(AMPLE, (calls + 1) * height - 1);
        assert_eq!(
            metering.failure("f", &[Val::I32(calls as i32)]),
            Some(Failure::StackExhausted)
        );
    }
    let text = r#"(module (func (export "f") (param i32) (result i32) (local i64 i64 i64)
        i32.const 1 i32.const 2 i32.const 3 i32.const 4 i32.add i32.add i32.add
        block br 0 i32.const 1 i32.const 1 i32.const 1 i32.const 1 i32.const 1 drop drop drop drop drop end))"#;
    let height = price("height.frame") + 1 + 3 + 4 + 11 / price("height.operators");
    let mut metering = Metering::of(&speed(), text);
    metering.arm(AMPLE, height);
    assert!(metering.call("f", &[Val::I32(0)]).is_ok());
    metering.arm(AMPLE, height - 1);
    assert_eq!(
        metering.failure("f", &[Val::I32(0)]),
        Some(Failure::StackExhausted),
        "also where nothing is called"
    );
}

#[test]
fn an_exhausted_stack_has_paid_for_the_segment_it_did_not_run() {
    let mut metering = Metering::of(&speed(), RECURSIVE);
    metering.arm(AMPLE, 0);
    assert_eq!(
        metering.failure("f", &[Val::I32(5)]),
        Some(Failure::StackExhausted)
    );
    assert_eq!(AMPLE - metering.points(), sum("function.entry local.get if"));
    metering.arm(sum("function.entry local.get if") - 1, 0);
    assert_eq!(
        metering.failure("f", &[Val::I32(5)]),
        Some(Failure::OutOfPoints),
        "points come first"
    );
}
