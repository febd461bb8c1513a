//! Where a contract's points go, by function and by call of the host: for its developers, never for a
//! chain. A VM with a [`Profile`] puts wrappers around functions that slow it down; results and points
//! stay what they are.

mod wrap;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::{Caller, Linker};

use wrap::wrap;

use crate::engine::State;
use crate::{CodeHash, Fault};

/// What all calls of a VM used. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Profile(Arc<Mutex<Tree>>);

/// What a function used, wherever it was called from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCost {
    /// Its name, or its number if it has none.
    pub name: String,
    /// How often it was entered.
    pub calls: u64,
    /// Points of its own.
    pub own: u64,
    /// Points of its own and of what it called; of one that calls itself, of the outermost call.
    pub total: u64,
}

/// Calls by who made them.
#[derive(Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
    roots: BTreeMap<String, usize>,
    /// Names of functions by code and number.
    names: BTreeMap<CodeHash, Arc<[String]>>,
}

#[derive(Debug)]
struct Node {
    name: String,
    calls: u64,
    own: u64,
    children: BTreeMap<u32, usize>,
}

impl Profile {
    /// Functions by what they used in all, the most expensive first.
    pub fn functions(&self) -> Vec<FunctionCost> {
        let tree = self.0.lock();
        let mut found = BTreeMap::new();
        for root in tree.roots.values() {
            tree.sum(*root, &mut Vec::new(), &mut found);
        }
        let mut found: Vec<FunctionCost> = found.into_values().collect();
        found.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.name.cmp(&b.name)));
        found
    }

    /// Wraps the functions of a metered module, and keeps their names.
    pub(crate) fn wrap(&self, hash: CodeHash, metered: &[u8], source: &[u8]) -> Result<Vec<u8>, Fault> {
        let wrapped = wrap(metered, source)?;
        self.0.lock().names.insert(hash, wrapped.names.into());
        Ok(wrapped.wasm)
    }

    /// Follows a call of an entry point with so many points.
    pub(crate) fn begin(&self, hash: &CodeHash, entry: &str, points: u64) -> Recorder {
        let mut tree = self.0.lock();
        let root = tree.root(entry);
        tree.add(root, 1, 0);
        Recorder {
            profile: self.clone(),
            names: tree.names.get(hash).cloned().unwrap_or_default(),
            open: Vec::from([root]),
            left: points,
        }
    }

    /// One line for each way into a function: names with `;` between them, and its own points. The form
    /// that flame graphs are drawn from.
    pub fn folded(&self) -> Vec<String> {
        let tree = self.0.lock();
        let mut lines = Vec::new();
        for root in tree.roots.values() {
            tree.fold(*root, "", &mut lines);
        }
        lines
    }
}

impl Tree {
    fn node(&mut self, name: String) -> usize {
        self.nodes.push(Node {
            name,
            calls: 0,
            own: 0,
            children: BTreeMap::new(),
        });
        self.nodes.len().saturating_sub(1)
    }

    fn root(&mut self, entry: &str) -> usize {
        if let Some(root) = self.roots.get(entry) {
            return *root;
        }
        let root = self.node(entry.to_owned());
        self.roots.insert(entry.to_owned(), root);
        root
    }

    fn child(&mut self, parent: usize, function: u32, names: &[String]) -> usize {
        let found = self
            .nodes
            .get(parent)
            .and_then(|node| node.children.get(&function));
        if let Some(found) = found {
            return *found;
        }
        let name = usize::try_from(function).ok().and_then(|index| names.get(index));
        let child = self.node(name.cloned().unwrap_or_default());
        if let Some(node) = self.nodes.get_mut(parent) {
            node.children.insert(function, child);
        }
        child
    }

    fn add(&mut self, node: usize, calls: u64, own: u64) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.calls = node.calls.saturating_add(calls);
            node.own = node.own.saturating_add(own);
        }
    }

    /// Adds a node and what is below it; returns its points. `open` are the functions around it.
    fn sum<'a>(
        &'a self,
        node: usize,
        open: &mut Vec<&'a str>,
        found: &mut BTreeMap<String, FunctionCost>,
    ) -> u64 {
        let Some(node) = self.nodes.get(node) else {
            return 0;
        };
        let outermost = !open.contains(&node.name.as_str());
        open.push(&node.name);
        let below = node.children.values().fold(0u64, |sum, child| {
            sum.saturating_add(self.sum(*child, open, found))
        });
        open.pop();
        let total = node.own.saturating_add(below);
        let cost = found.entry(node.name.clone()).or_insert_with(|| FunctionCost {
            name: node.name.clone(),
            calls: 0,
            own: 0,
            total: 0,
        });
        cost.calls = cost.calls.saturating_add(node.calls);
        cost.own = cost.own.saturating_add(node.own);
        if outermost {
            cost.total = cost.total.saturating_add(total);
        }
        total
    }

    fn fold(&self, node: usize, above: &str, lines: &mut Vec<String>) {
        let Some(node) = self.nodes.get(node) else {
            return;
        };
        let name = node.name.replace(';', ",");
        let path = match above {
            "" => name,
            above => format!("{above};{name}"),
        };
        if node.own > 0 {
            lines.push(format!("{path} {}", node.own));
        }
        for child in node.children.values() {
            self.fold(*child, &path, lines);
        }
    }
}

/// Follows one call.
pub(crate) struct Recorder {
    profile: Profile,
    names: Arc<[String]>,
    /// The functions that are entered and not left, outermost first, as nodes.
    open: Vec<usize>,
    /// Points left at the last signal.
    left: u64,
}

impl Recorder {
    /// Gives what was used since the last signal to the innermost function.
    pub(crate) fn spend(&mut self, left: u64) {
        let used = self.left.saturating_sub(left);
        self.left = left;
        if let Some(node) = self.open.last() {
            self.profile.0.lock().add(*node, 0, used);
        }
    }

    fn enter(&mut self, function: u32, left: u64) {
        self.spend(left);
        let parent = self.open.last().copied().unwrap_or_default();
        let mut tree = self.profile.0.lock();
        let node = tree.child(parent, function, &self.names);
        tree.add(node, 1, 0);
        self.open.push(node);
    }

    fn leave(&mut self, left: u64) {
        self.spend(left);
        self.open.pop();
    }
}

/// Offers wrappers what they call.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<(), Fault> {
    linker
        .func_wrap(
            wrap::MODULE,
            wrap::ENTER,
            |caller: Caller<'_, State>, function: u32| {
                signal(caller, |recorder, left| recorder.enter(function, left));
            },
        )
        .map_err(Fault::engine)?;
    linker
        .func_wrap(wrap::MODULE, wrap::LEAVE, |caller: Caller<'_, State>, _: u32| {
            signal(caller, Recorder::leave);
        })
        .map_err(Fault::engine)?;
    Ok(())
}

fn signal(mut caller: Caller<'_, State>, tell: impl FnOnce(&mut Recorder, u64)) {
    let Some(meter) = caller.data().meter else { return };
    let left = meter.left(&mut caller).unwrap_or_default();
    if let Some(recorder) = &mut caller.data_mut().recorder {
        tell(recorder, u64::try_from(left).unwrap_or(0));
    }
}
