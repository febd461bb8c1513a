//! Programs to time: what contracts do, and what compilers make of it. Each is called with the number of the run,
//! so that nothing is computed ahead.

#![crate_type = "cdylib"]
#![allow(clippy::all, clippy::pedantic, reason = "programs to be measured, not read")]

use std::collections::BTreeMap;
#[inline(never)]
fn fibr(n: u32) -> u32 {
    if n < 2 { n } else { fibr(n - 1) + fibr(n - 2) }
}
#[unsafe(no_mangle)]
pub extern "C" fn fib(n: u32) -> u32 {
    fibr(27 + (n & 1))
}
#[unsafe(no_mangle)]
pub extern "C" fn sieve(n: u32) -> u32 {
    let m = 2_000_000usize + n as usize;
    let mut v = vec![true; m];
    let mut c = 0;
    for i in 2..m {
        if v[i] {
            c += 1;
            let mut j = i * i;
            while j < m {
                v[j] = false;
                j += i;
            }
        }
    }
    c
}
const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
#[unsafe(no_mangle)]
pub extern "C" fn sha256(n: u32) -> u32 {
    let mut h = [1u32, 2, 3, 4, 5, 6, 7, n];
    let mut w = [0u32; 64];
    for b in 0..20000u32 {
        for i in 0..16 {
            w[i] = b.wrapping_mul(i as u32 + 1);
        }
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
        }
        let mut v = h;
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let ch = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = v[7]
                .wrapping_add(s1)
                .wrapping_add(ch)
                .wrapping_add(K[i])
                .wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let mj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            let t2 = s0.wrapping_add(mj);
            v[7] = v[6];
            v[6] = v[5];
            v[5] = v[4];
            v[4] = v[3].wrapping_add(t1);
            v[3] = v[2];
            v[2] = v[1];
            v[1] = v[0];
            v[0] = t1.wrapping_add(t2);
        }
        for i in 0..8 {
            h[i] = h[i].wrapping_add(v[i]);
        }
    }
    h[0]
}
#[unsafe(no_mangle)]
pub extern "C" fn nbody(n: u32) -> u32 {
    let mut p = [[0f64; 6]; 5];
    for i in 0..5 {
        for j in 0..6 {
            p[i][j] = (i * 7 + j * 3 + 1 + n as usize) as f64 * 0.37;
        }
    }
    for _ in 0..40000 {
        for i in 0..5 {
            for j in 0..5 {
                if i != j {
                    let dx = p[i][0] - p[j][0];
                    let dy = p[i][1] - p[j][1];
                    let dz = p[i][2] - p[j][2];
                    let d2 = dx * dx + dy * dy + dz * dz + 0.01;
                    let m = 0.001 / (d2 * d2.sqrt());
                    p[i][3] -= dx * m;
                    p[i][4] -= dy * m;
                    p[i][5] -= dz * m;
                }
            }
        }
        for i in 0..5 {
            for k in 0..3 {
                p[i][k] += 0.001 * p[i][k + 3];
            }
        }
    }
    p[0][0].to_bits() as u32
}
#[unsafe(no_mangle)]
pub extern "C" fn sort(n: u32) -> u32 {
    let mut x = n + 1;
    let mut v: Vec<u32> = (0..200_000)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            x
        })
        .collect();
    v.sort_unstable();
    v[1000]
}
#[unsafe(no_mangle)]
pub extern "C" fn map(n: u32) -> u32 {
    let mut x = n + 1;
    let mut m = BTreeMap::new();
    for i in 0..60_000u32 {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        m.insert(x, i);
    }
    m.range(5000..)
        .take(10000)
        .map(|(k, v)| k ^ v)
        .fold(0, |a, b| a ^ b)
}
#[unsafe(no_mangle)]
pub extern "C" fn json(n: u32) -> u32 {
    let mut s = String::from("[");
    for i in 0..3000 {
        s.push_str(&format!(
            "{{\"id\":{},\"name\":\"user{}\",\"ok\":true}},",
            i + n,
            i
        ));
    }
    s.push(']');
    let (mut d, mut q, mut num, mut acc) = (0i32, false, 0u32, 0u32);
    for c in s.chars() {
        match c {
            '"' => q = !q,
            '{' | '[' if !q => d += 1,
            '}' | ']' if !q => d -= 1,
            '0'..='9' => num = num.wrapping_mul(10).wrapping_add(c as u32 - 48),
            ',' | ':' => {
                acc ^= num.wrapping_add(d as u32);
                num = 0
            }
            _ => {}
        }
    }
    acc
}
#[unsafe(no_mangle)]
pub extern "C" fn matmul(n: u32) -> u32 {
    let m = 120;
    let a: Vec<i64> = (0..m * m).map(|i| i as i64 ^ n as i64).collect();
    let b = a.clone();
    let mut c = vec![0i64; m * m];
    for i in 0..m {
        for j in 0..m {
            let mut s = 0i64;
            for k in 0..m {
                s = s.wrapping_add(a[i * m + k].wrapping_mul(b[k * m + j]));
            }
            c[i * m + j] = s;
        }
    }
    c[77] as u32
}
#[unsafe(no_mangle)]
pub extern "C" fn collatz(n: u32) -> u32 {
    let mut best = 0;
    for s in 1..60_000u32 {
        let mut x = (s + n) as u64;
        let mut l = 0;
        while x != 1 {
            x = if x & 1 == 0 { x / 2 } else { 3 * x + 1 };
            l += 1;
        }
        if l > best {
            best = l
        }
    }
    best
}
#[unsafe(no_mangle)]
pub extern "C" fn vm(n: u32) -> u32 {
    let prog: Vec<u8> = (0..64u32).map(|i| ((i * 7 + n) % 11) as u8).collect();
    let (mut a, mut b, mut c) = (1u32, 2u32, 3u32);
    let mut pc = 0usize;
    for _ in 0..5_000_000u32 {
        match prog[pc] {
            0 => a = a.wrapping_add(b),
            1 => b = b.wrapping_sub(c),
            2 => c ^= a,
            3 => a = a.rotate_left(3),
            4 => b = b.wrapping_mul(5),
            5 => c = c.wrapping_add(1),
            6 => {
                if a & 1 == 0 {
                    pc = (pc + 2) & 63
                }
            }
            7 => a |= c,
            8 => b &= !a,
            9 => c = c >> 1,
            _ => {
                a = b;
                b = c;
            }
        }
        pc = (pc + 1) & 63;
    }
    a ^ b ^ c
}
#[unsafe(no_mangle)]
pub extern "C" fn bytes(n: u32) -> u32 {
    let mut v = vec![n as u8; 1 << 20];
    for r in 0..8u8 {
        let mut p = r;
        for x in v.iter_mut() {
            *x = x.wrapping_add(p);
            p = p.wrapping_mul(31).wrapping_add(*x);
        }
    }
    v[12345] as u32
}
#[unsafe(no_mangle)]
pub extern "C" fn dynamic(n: u32) -> u32 {
    trait T {
        fn f(&self, x: u32) -> u32;
    }
    struct A(u32);
    struct B(u32);
    struct C(u32);
    impl T for A {
        fn f(&self, x: u32) -> u32 {
            x.wrapping_add(self.0)
        }
    }
    impl T for B {
        fn f(&self, x: u32) -> u32 {
            x.wrapping_mul(self.0)
        }
    }
    impl T for C {
        fn f(&self, x: u32) -> u32 {
            x ^ self.0
        }
    }
    let v: Vec<Box<dyn T>> = (0..97u32)
        .map(|i| -> Box<dyn T> {
            match (i + n) % 3 {
                0 => Box::new(A(i)),
                1 => Box::new(B(i | 1)),
                _ => Box::new(C(i)),
            }
        })
        .collect();
    let mut x = n;
    for _ in 0..20_000 {
        for t in &v {
            x = t.f(x);
        }
    }
    x
}
