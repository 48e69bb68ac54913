// SPDX-License-Identifier: GPL-2.0-only

//! Controllers of the device tree, so that a card's functions find their nodes.
//!
//! See `linux,vsdio.yaml` for the binding. A node is a controller from boot on, with an empty slot
//! that the program fills which opens its `/dev/vsdioN`.

use crate::{
    abi,
    port::Port,
    state::Shared,
    unit::{self, Unit},
};

use kernel::{
    device::Core,
    miscdevice::{MiscDeviceOptions, MiscDeviceRegistration},
    of, platform,
    prelude::*,
    sync::{
        Arc,
        atomic::{
            Atomic,
            ordering::{Acquire, Full, Release},
        },
    },
};

/// Names of the devices. A node beyond them is not served.
const NAMES: [&CStr; 8] = [
    c"vsdio0", c"vsdio1", c"vsdio2", c"vsdio3", c"vsdio4", c"vsdio5", c"vsdio6", c"vsdio7",
];

/// Which of [`NAMES`] are in use.
static IN_USE: [Atomic<u32>; NAMES.len()] = [const { Atomic::new(0) }; NAMES.len()];

/// A name in use.
struct Name(&'static CStr, &'static Atomic<u32>);

impl Name {
    fn new() -> Option<Self> {
        NAMES
            .into_iter()
            .zip(&IN_USE)
            .find(|(_, in_use)| in_use.xchg(1, Full) == 0)
            .map(|(name, in_use)| Self(name, in_use))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.1.store(0, Release);
    }
}

/// A controller of the device tree.
pub(crate) struct Node {
    pub(crate) shared: Arc<Shared>,
    pub(crate) unit: Arc<Unit>,
    /// Whether a program has opened it.
    opened: Atomic<u32>,
}

impl Node {
    /// Makes the caller the only program.
    pub(crate) fn open(&self) -> Result {
        if self.opened.xchg(1, Full) != 0 {
            return Err(EBUSY);
        }
        Ok(())
    }

    /// The program has gone.
    pub(crate) fn close(&self) {
        self.shared.reset();
        self.unit.detect_change();
        self.opened.store(0, Release);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.opened.load(Acquire) != 0
    }
}

/// The driver's hold of a node.
struct Hold(Arc<Node>);

impl Drop for Hold {
    fn drop(&mut self) {
        // The host is removed next; it does not wait for a program.
        if self.0.is_open() {
            self.0.shared.hang_up();
        }
    }
}

/// Data of the platform driver. The fields are dropped in their order.
#[pin_data]
pub(crate) struct NodeDriver {
    #[pin]
    device: MiscDeviceRegistration<Port>,
    node: Hold,
    _name: Name,
}

kernel::of_device_table!(
    OF_TABLE,
    <NodeDriver as platform::Driver>::IdInfo,
    [(of::DeviceId::new(c"linux,vsdio"), ())]
);

impl platform::Driver for NodeDriver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const OF_ID_TABLE: Option<of::IdTable<Self::IdInfo>> = Some(&OF_TABLE);

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let name = Name::new().ok_or(ENOSPC)?;
            let shared = Arc::pin_init(Shared::new(), GFP_KERNEL)?;
            let config = unit::config_of_node();
            let timeout_ms = abi::MIN_TIMEOUT_MS;
            let unit = Unit::new(pdev.as_ref(), &shared, &config, true, timeout_ms)?;
            let node = Arc::new(
                Node {
                    shared,
                    unit: Arc::new(unit, GFP_KERNEL)?,
                    opened: Atomic::new(0),
                },
                GFP_KERNEL,
            )?;
            let options = MiscDeviceOptions { name: name.0 };
            let data = Some(node.clone());

            Ok(try_pin_init!(Self {
                device <- MiscDeviceRegistration::register(options, Ok(data)),
                node: Hold(node),
                _name: name,
            }))
        })
    }
}
