//! Prices that depend on a value.

use wasmtime::Trap;

use crate::assert_cost;

#[test]
fn growth_pays_for_each_page_whether_it_succeeds_or_not() {
    let text = r#"(module (memory 1 3)
        (func (export "f") (param i32) (result i32) local.get 0 memory.grow))"#;
    let names = "function.entry local.get memory.grow end";
    assert_cost(text, &[2], Ok(1), &format!("{names} 2*memory.grow/page"));
    assert_cost(text, &[3], Ok(-1), &format!("{names} 3*memory.grow/page"));
    assert_cost(text, &[0], Ok(1), names);
    // The count is unsigned: 2³² − 1 pages.
    assert_cost(
        text,
        &[-1],
        Ok(-1),
        &format!("{names} 4294967295*memory.grow/page"),
    );
}

#[test]
fn bulk_operators_pay_for_each_byte_before_they_run() {
    let text = |operator: &str| {
        format!(
            r#"(module (memory 1) (data "abcdefgh") (table 10 funcref) (elem func $g $g) (func $g)
            (func (export "f") (param i32 i32 i32) (result i32)
                local.get 0 local.get 1 local.get 2 {operator} i32.const 1))"#
        )
    };
    let cases = [
        ("memory.fill", "memory.fill", "memory.fill/byte", 0x1_0000),
        ("memory.copy", "memory.copy", "memory.copy/byte", 0x1_0000),
        ("memory.init 0", "memory.init", "memory.init/byte", 8),
        ("table.copy", "table.copy", "table.copy/element", 10),
        ("table.init 0", "table.init", "table.init/element", 2),
    ];
    for (operator, name, unit, most) in cases {
        let fixed = format!("function.entry 3*local.get {name} i32.const end");
        for count in [0, 1, most] {
            assert_cost(
                &text(operator),
                &[0, 0, count],
                Ok(1),
                &format!("{fixed} {count}*{unit}"),
            );
        }
        let trap = if name.starts_with("memory") {
            Trap::MemoryOutOfBounds
        } else {
            Trap::TableOutOfBounds
        };
        let count = most + 1;
        assert_cost(
            &text(operator),
            &[0, 0, count],
            Err(trap),
            &format!("{fixed} {count}*{unit}"),
        );
        assert_cost(
            &text(operator),
            &[0, 0, -1],
            Err(trap),
            &format!("{fixed} 4294967295*{unit}"),
        );
    }
}
