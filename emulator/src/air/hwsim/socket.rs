// SPDX-License-Identifier: GPL-2.0-only
//! The netlink socket through which the kernel and its medium talk.

use std::fmt;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{
    Emitable, ErrorMessage, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable,
    NetlinkHeader, NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_generic::ctrl::nlas::{GenlCtrlAttrs, McastGrpAttrs};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use rustix::io::Errno;
use rustix::net::sockopt;

use super::HwsimError;
use super::message::{Attribute, CONFIG_GROUP, FAMILY, Hwsim, Incoming, command};

/// Longest message of the kernel: more than a frame of 2352 bytes with its attributes, or a part
/// of a dump.
const MAX_MESSAGE: usize = 32_768;
/// Asked for as the kernel's buffer for what we have not read: 200 frames of several radios.
const RECEIVE_BUFFER: usize = 8 << 20;

/// A socket that is registered as the medium.
pub(super) struct HwsimSocket {
    socket: Socket,
    family: u16,
    buffer: Vec<u8>,
    sequence: u32,
}

impl fmt::Debug for HwsimSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HwsimSocket")
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

/// What the controller says about the family.
#[derive(Debug, Default)]
struct Family {
    id: Option<u16>,
    config_group: Option<u32>,
}

impl HwsimSocket {
    /// Becomes the medium. The radios that there are come as [`Incoming::Radio`] from
    /// [`receive`](Self::receive).
    pub(super) fn open() -> Result<Self, HwsimError> {
        let mut socket = Socket::new(NETLINK_GENERIC)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Frames of the kernel that do not fit are lost. Without the right to more, the system's
        // limit holds.
        let more = sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER);
        if more.is_err() {
            sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)
                .map_err(io::Error::from)?;
        }
        let mut this = Self {
            socket,
            family: 0,
            buffer: Vec::with_capacity(MAX_MESSAGE),
            sequence: 0,
        };
        let family = this.resolve()?;
        this.family = family.id.ok_or(HwsimError::NoModule)?;
        if let Some(group) = family.config_group {
            this.socket.add_membership(group)?;
        }
        this.register()?;
        this.send(command::GET_RADIO, NLM_F_DUMP, Vec::new())?;
        this.socket.set_non_blocking(true)?;
        Ok(this)
    }

    fn resolve(&mut self) -> Result<Family, HwsimError> {
        self.transmit(
            GenlMessage::from_payload(GenlCtrl {
                cmd: GenlCtrlCmd::GetFamily,
                nlas: vec![GenlCtrlAttrs::FamilyName(FAMILY.to_owned())],
            }),
            NLM_F_ACK,
        )?;
        let mut family = Family::default();
        loop {
            for message in self.read::<GenlMessage<GenlCtrl>>()? {
                match message.payload {
                    NetlinkPayload::InnerMessage(message) => family.learn(message.payload.nlas),
                    NetlinkPayload::Error(error) => {
                        return match refusal(&error) {
                            None => Ok(family),
                            Some((Some(Errno::NOENT), _)) => Err(HwsimError::NoModule),
                            Some((_, error)) => Err(HwsimError::Io(error)),
                        };
                    }
                    _ => {}
                }
            }
        }
    }

    fn register(&mut self) -> Result<(), HwsimError> {
        self.send(command::REGISTER, NLM_F_ACK, Vec::new())?;
        loop {
            for message in self.read::<GenlMessage<Hwsim>>()? {
                if let NetlinkPayload::Error(error) = message.payload {
                    return match refusal(&error) {
                        None => Ok(()),
                        Some((Some(Errno::PERM), _)) => Err(HwsimError::NoPermission),
                        Some((Some(Errno::BUSY), _)) => Err(HwsimError::Busy),
                        Some((Some(Errno::OPNOTSUPP), _)) => Err(HwsimError::Channels),
                        Some((_, error)) => Err(HwsimError::Io(error)),
                    };
                }
            }
        }
    }

    /// Sends a message of the family.
    pub(super) fn send(
        &mut self,
        command: u8,
        flags: u16,
        attributes: Vec<Attribute>,
    ) -> io::Result<()> {
        let mut message = GenlMessage::from_payload(Hwsim {
            command,
            attributes,
        });
        message.set_resolved_family_id(self.family);
        self.transmit(message, flags)
    }

    fn transmit<F>(&mut self, message: GenlMessage<F>, flags: u16) -> io::Result<()>
    where
        F: GenlFamily + Emitable + fmt::Debug,
        GenlMessage<F>: NetlinkSerializable,
    {
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = NetlinkMessage::new(header, message.into());
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;
        Ok(())
    }

    /// Everything in the next datagram.
    fn read<M: NetlinkDeserializable>(&mut self) -> io::Result<Vec<NetlinkMessage<M>>> {
        self.buffer.clear();
        self.socket.recv(&mut self.buffer, 0)?;
        let mut rest = self.buffer.as_slice();
        let mut messages = Vec::new();
        while let Some(length) = rest.first_chunk().map(|length| u32::from_ne_bytes(*length)) {
            // A message that is cut off or makes no sense ends the datagram.
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let Some((bytes, _)) = rest.split_at_checked(length) else {
                break;
            };
            if let Ok(message) = NetlinkMessage::deserialize(bytes) {
                messages.push(message);
            }
            let aligned = length.max(1).next_multiple_of(4);
            rest = rest.get(aligned..).unwrap_or_default();
        }
        Ok(messages)
    }

    /// What the kernel has said next; `None` if it has said nothing more.
    ///
    /// What it refuses is not reported: a frame for a radio that is off is refused like one for a
    /// radio that is gone, and both are the air's daily bread.
    pub(super) fn receive(&mut self) -> io::Result<Option<Vec<Incoming>>> {
        match self.read::<GenlMessage<Hwsim>>() {
            Ok(messages) => Ok(Some(
                messages
                    .into_iter()
                    .filter_map(|message| match message.payload {
                        NetlinkPayload::InnerMessage(message) => {
                            Some(Incoming::from(message.payload))
                        }
                        _ => None,
                    })
                    .collect(),
            )),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            // Frames were lost, as on any air.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => {
                Ok(Some(Vec::new()))
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Some(Vec::new())),
            Err(error) => Err(error),
        }
    }
}

/// The error in an answer that may also be the acknowledgement of a success.
fn refusal(answer: &ErrorMessage) -> Option<(Option<Errno>, io::Error)> {
    let code = answer.code?;
    let error = io::Error::from_raw_os_error(code.get().saturating_neg());
    Some((Errno::from_io_error(&error), error))
}

impl AsFd for HwsimSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Family {
    fn learn(&mut self, attributes: Vec<GenlCtrlAttrs>) {
        for attribute in attributes {
            match attribute {
                GenlCtrlAttrs::FamilyId(id) => self.id = Some(id),
                GenlCtrlAttrs::McastGroups(groups) => {
                    for group in groups {
                        self.learn_group(&group);
                    }
                }
                _ => {}
            }
        }
    }

    fn learn_group(&mut self, group: &[McastGrpAttrs]) {
        let is_config = group
            .iter()
            .any(|part| matches!(part, McastGrpAttrs::Name(name) if name == CONFIG_GROUP));
        let id = group.iter().find_map(|part| match part {
            McastGrpAttrs::Id(id) => Some(*id),
            McastGrpAttrs::Name(_) => None,
        });
        if is_config {
            self.config_group = id;
        }
    }
}
