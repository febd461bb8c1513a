;; One segment of the compute proof's task: 32 bytes in, 32 bytes out.
;; A state of four words walks over a mebibyte: where it goes next depends on what it read and wrote
;; before, so that a segment is one long chain, and needs its memory.
(module
  (import "slsbft" "input" (func $input (param i32 i32) (result i32)))
  (import "slsbft" "output" (func $output (param i32 i32)))

  ;; The first mebibyte is walked over; the state comes from and goes to the page behind it.
  (memory (export "memory") 17 17)

  (func (export "slsbft_abi_1"))

  (func (export "query")
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local $m i64) (local $t i64) (local $at i32) (local $step i32)

    (drop (call $input (i32.const 0x100000) (i32.const 32)))
    (local.set $a (i64.load offset=0x100000 (i32.const 0)))
    (local.set $b (i64.load offset=0x100008 (i32.const 0)))
    (local.set $c (i64.load offset=0x100010 (i32.const 0)))
    (local.set $d (i64.load offset=0x100018 (i32.const 0)))

    ;; Fill: each word in its order, with its address for what was read.
    (loop $fill
      (local.set $t (i64.mul (i64.xor (i64.extend_i32_u (local.get $at)) (local.get $b))
                             (i64.const 0x9e3779b97f4a7c15)))
      (local.set $t (i64.xor (local.get $t) (i64.shr_u (local.get $t) (i64.const 32))))
      (i64.store (local.get $at) (i64.add (local.get $t) (local.get $d)))
      (local.set $m (local.get $a))
      (local.set $a (i64.add (local.get $t) (local.get $c)))
      (local.set $c (i64.xor (local.get $b) (i64.extend_i32_u (local.get $at))))
      (local.set $b (i64.rotl (i64.xor (local.get $m) (local.get $d)) (i64.const 23)))
      (local.set $d (i64.add (local.get $d) (local.get $t)))
      (br_if $fill (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
                             (i32.const 0x100000))))

    ;; Walk: 2^20 steps.
    (loop $walk
      (local.set $at (i32.and (i32.wrap_i64 (local.get $a)) (i32.const 0xffff8)))
      (local.set $m (i64.load (local.get $at)))
      (local.set $t (i64.mul (i64.xor (local.get $m) (local.get $b))
                             (i64.const 0x9e3779b97f4a7c15)))
      (local.set $t (i64.xor (local.get $t) (i64.shr_u (local.get $t) (i64.const 32))))
      (i64.store (local.get $at) (i64.add (local.get $t) (local.get $d)))
      (local.set $m (i64.xor (local.get $b) (local.get $m)))
      (local.set $b (i64.rotl (i64.xor (local.get $a) (local.get $d)) (i64.const 23)))
      (local.set $a (i64.add (local.get $t) (local.get $c)))
      (local.set $c (local.get $m))
      (local.set $d (i64.add (local.get $d) (local.get $t)))
      (br_if $walk (i32.lt_u (local.tee $step (i32.add (local.get $step) (i32.const 1)))
                             (i32.const 0x100000))))

    (i64.store offset=0x100000 (i32.const 0) (local.get $a))
    (i64.store offset=0x100008 (i32.const 0) (local.get $b))
    (i64.store offset=0x100010 (i32.const 0) (local.get $c))
    (i64.store offset=0x100018 (i32.const 0) (local.get $d))
    (call $output (i32.const 0x100000) (i32.const 32))))
