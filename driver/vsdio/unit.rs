// SPDX-License-Identifier: GPL-2.0-only

//! A registered host, of a program or of a node in the device tree.

use crate::{abi, controller::Controller, state::Shared};

use kernel::{
    device::{Bound, Device},
    devres::Devres,
    mmc::host::{Cap, Caps, Config, Limits, Registration},
    prelude::*,
    sync::Arc,
};

/// Most segments that a request's data may be scattered over. It is copied, so any number will do.
const MAX_SEGS: u16 = 128;

/// A registered host and its data. Dropping it removes the host.
pub(crate) struct Unit {
    pub(crate) controller: Arc<Controller>,
    host: Devres<Registration<Controller>>,
}

impl Unit {
    /// Adds a host below `parent`.
    pub(crate) fn new(
        parent: &Device<Bound>,
        shared: &Arc<Shared>,
        config: &Config,
        low_voltage: bool,
        timeout_ms: u32,
    ) -> Result<Self> {
        let message = abi::max_host_message(config.limits.max_req_size);
        shared.set_spare(KVVec::with_capacity(message, GFP_KERNEL)?);

        let controller = Controller::new(shared.clone(), low_voltage)?;
        controller.set_timeout_ms(timeout_ms);
        Ok(Self {
            host: Registration::new(parent, config, controller.clone())?,
            controller,
        })
    }

    /// The N of `mmcN`, unless the host was removed with its device.
    pub(crate) fn index(&self) -> Option<u32> {
        self.host.try_access_with(|host| host.index())
    }

    pub(crate) fn signal_irq(&self) {
        self.host.try_access_with(|host| host.signal_irq());
    }

    pub(crate) fn detect_change(&self) {
        self.host.try_access_with(|host| host.detect_change(0));
    }
}

/// What a program asked for, as the MMC core wants it.
pub(crate) fn config_of_setup(setup: &abi::Setup) -> Config {
    let has = |bit| setup.caps & bit != 0;
    let mut caps = Caps::from(Cap::SdioIrq);
    if has(abi::caps::FOUR_BIT) {
        caps |= Cap::FourBit;
    }
    if has(abi::caps::HIGH_SPEED) {
        caps |= Cap::SdHighSpeed;
    }
    if has(abi::caps::UHS_SDR50) {
        caps |= Caps::from(Cap::UhsSdr12) | Cap::UhsSdr25 | Cap::UhsSdr50;
    }
    if has(abi::caps::UHS_SDR104) {
        caps |= Caps::from(Cap::UhsSdr12) | Cap::UhsSdr25 | Cap::UhsSdr104;
    }
    if has(abi::caps::NON_REMOVABLE) {
        caps |= Cap::NonRemovable;
    }
    Config {
        caps,
        sdio_only: has(abi::caps::SDIO_ONLY),
        keep_power: has(abi::caps::KEEP_POWER),
        clock: setup.f_min..=setup.f_max,
        limits: Limits {
            max_blk_size: setup.max_blk_size,
            max_blk_count: setup.max_blk_count,
            max_req_size: setup.max_req_size,
            max_segs: MAX_SEGS,
        },
    }
}

/// What every node has, besides what its properties say.
pub(crate) fn config_of_node() -> Config {
    const BLOCK: u32 = 512;
    const BLOCKS: u32 = 511;

    Config {
        caps: Cap::SdioIrq.into(),
        sdio_only: false,
        keep_power: false,
        clock: 100_000..=abi::MAX_CLOCK,
        limits: Limits {
            max_blk_size: BLOCK,
            max_blk_count: BLOCKS,
            max_req_size: BLOCK * BLOCKS,
            max_segs: MAX_SEGS,
        },
    }
}
