// SPDX-License-Identifier: GPL-2.0-only

//! Frames in flight: those the chip has and has not confirmed (section 5.2).
//!
//! The chip returns a 32-bit id with each confirm. Nothing in it is used before the whole id was
//! found in this table (W-18). A place is free again when its confirm came, and only then: the chip
//! holds a buffer as long, whether the host still wants the frame or not (F-4, W-19).

use core::ops::DerefMut;

/// Places of the table, as many as the id's index field has in the vendor's driver.
pub const PLACES: usize = 128;

/// What a transmit request carries and its confirm returns.
///
/// | Bits  | Field                                   |
/// |-------|-----------------------------------------|
/// | 7:0   | place in the table                      |
/// | 15:8  | generation of the place                 |
/// | 19:16 | access category, Linux's number         |
/// | 23:20 | interface                               |
/// | 27:24 | link, 0 for a station                   |
/// | 31:28 | generation of the table                 |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PacketId(u32);

impl PacketId {
    /// An id as the chip returned it.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The value of the protocol's field.
    pub const fn bits(self) -> u32 {
        self.0
    }

    const fn place(self) -> u8 {
        self.0.to_le_bytes()[0]
    }
}

/// What a place holds.
#[derive(Debug, Default)]
enum Content<T> {
    /// Nothing.
    #[default]
    Free,
    /// A frame the chip has.
    Frame(T),
    /// A frame the chip has and the host gave up.
    Abandoned,
}

/// A place of the table.
#[derive(Debug)]
pub struct Place<T> {
    id: PacketId,
    content: Content<T>,
}

impl<T> Default for Place<T> {
    fn default() -> Self {
        Self {
            id: PacketId(0),
            content: Content::Free,
        }
    }
}

/// What a confirm belongs to.
#[derive(Debug, Eq, PartialEq)]
pub enum Landing<T> {
    /// A frame; its buffer of the chip is free again.
    Frame(T),
    /// A frame nobody waits for any more; its buffer of the chip is free again.
    Abandoned,
    /// Nothing in flight: the id is stale, came a second time or was never given out.
    Unknown,
}

/// The table. `S` is where its places are: a vector of at most [`PLACES`].
#[derive(Debug)]
pub struct Flight<S> {
    places: S,
    used: usize,
    /// Where the search for a free place begins, so that a place rests before it is used again.
    next: usize,
    generation: u8,
}

impl<T, S: DerefMut<Target = [Place<T>]>> Flight<S> {
    /// A table with nothing in flight.
    pub fn new(places: S) -> Self {
        Self {
            places,
            used: 0,
            next: 0,
            generation: 0,
        }
    }

    /// Places in use: buffers of the chip that frames occupy.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Whether another frame has a place.
    pub fn has_room(&self) -> bool {
        self.used < self.places.len().min(PLACES)
    }

    /// The id of the next frame with these properties; `None` when no place is free. Nothing is
    /// taken before [`Flight::launch`].
    pub fn next_id(&self, queue: u8, interface: u8) -> Option<PacketId> {
        let (index, place) = self
            .places
            .iter()
            .enumerate()
            .take(PLACES)
            .cycle()
            .skip(self.next)
            .take(PLACES)
            .find(|(_, place)| matches!(place.content, Content::Free))?;
        let [_, generation, ..] = place.id.0.to_le_bytes();
        let fields = (queue & 0xF) | ((interface & 0xF) << 4);
        Some(PacketId(u32::from_le_bytes([
            u8::try_from(index).ok()?,
            generation.wrapping_add(1),
            fields,
            (self.generation & 0xF) << 4,
        ])))
    }

    /// Puts a frame into the place of `id`, which [`Flight::next_id`] gave. Returns the frame when
    /// the place is taken.
    pub fn launch(&mut self, id: PacketId, frame: T) -> Result<(), T> {
        let index = usize::from(id.place());
        match self.places.get_mut(index) {
            Some(place) if matches!(place.content, Content::Free) => {
                place.id = id;
                place.content = Content::Frame(frame);
                self.used = self.used.saturating_add(1);
                self.next = index.saturating_add(1);
                Ok(())
            }
            _ => Err(frame),
        }
    }

    /// Takes out what the chip confirmed.
    pub fn land(&mut self, id: PacketId) -> Landing<T> {
        let Some(place) = self
            .places
            .get_mut(usize::from(id.place()))
            .filter(|place| place.id == id)
        else {
            return Landing::Unknown;
        };
        let landing = match core::mem::take(&mut place.content) {
            Content::Free => return Landing::Unknown,
            Content::Frame(frame) => Landing::Frame(frame),
            Content::Abandoned => Landing::Abandoned,
        };
        self.used = self.used.saturating_sub(1);
        landing
    }

    /// Takes out a frame that is still wanted elsewhere, while the chip keeps its buffer; call it
    /// until it returns `None` to give up all of them.
    pub fn abandon(&mut self) -> Option<T> {
        self.places.iter_mut().find_map(|place| {
            if !matches!(place.content, Content::Frame(_)) {
                return None;
            }
            match core::mem::replace(&mut place.content, Content::Abandoned) {
                Content::Frame(frame) => Some(frame),
                Content::Free | Content::Abandoned => None,
            }
        })
    }

    /// Frees every place: the chip has lost its buffers. Ids given out before are stale for good.
    /// Frames that were not taken out with [`Flight::abandon`] are dropped.
    pub fn clear(&mut self) {
        for place in self.places.iter_mut() {
            place.content = Content::Free;
        }
        self.used = 0;
        self.generation = self.generation.wrapping_add(1) & 0xF;
    }

    /// The frames in flight that are still wanted.
    pub fn frames<'a>(&'a self) -> impl Iterator<Item = &'a T>
    where
        T: 'a,
    {
        self.places.iter().filter_map(|place| match &place.content {
            Content::Frame(frame) => Some(frame),
            Content::Free | Content::Abandoned => None,
        })
    }
}
