// SPDX-License-Identifier: GPL-2.0-only

//! The smallest SDIO card that the kernel's MMC core takes: one function with 128 KiB of memory.
//!
//! `minimal-card [--device FILE] [--timeout MS] [--uhs] [--soldered] [--empty] [FAULT=N]...`
//! plugs the card in, prints `ready`, and answers until its standard input ends. Lines there are
//! commands: `insert`, `remove`, `irq N` (an interrupt whose level falls when register 0 has been read
//! N times), `stall` (reads, but does not answer any more), `count` (of requests), `quit`.
//!
//! A FAULT strikes at the Nth request after an insertion, counted from 1: `remove` the card instead of
//! answering, `stall`, `die` (exit at once), `late` (answer after the kernel has given up),
//! `wrong-tag`, `wrong-length` (an answer that the kernel refuses), `crc` (an error of the data or
//! command). Each event is printed on a line: `setup mmcN`, `cancel`, `irq-ack`, `power-off`,
//! `refused MESSAGE`.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::sync::Mutex;
use std::thread;

use vsdio_abi::{
    ABI_VERSION, CardMessage, Data, Frames, HostMessage, PowerMode, Reply, Request, Setup, Status,
    caps, max_host_message,
};

const MAX_REQ_SIZE: u32 = 65_536;
const MANUFACTURER: u16 = 0x5A5A;
const PRODUCT: u16 = 0x0001;
const RELATIVE_ADDRESS: u32 = 1;
/// 3.2 V to 3.4 V.
const VOLTAGES: u32 = 0x0030_0000;
const COMMON_CIS: usize = 0x1000;
const FUNCTION_CIS: usize = 0x1100;
const ADDRESSES: usize = 1 << 17;
const TUNING_BLOCK: [u8; 64] = [
    0xff, 0x0f, 0xff, 0x00, 0xff, 0xcc, 0xc3, 0xcc, 0xc3, 0x3c, 0xcc, 0xff, 0xfe, 0xff, 0xfe, 0xef,
    0xff, 0xdf, 0xff, 0xdd, 0xff, 0xfb, 0xff, 0xfb, 0xbf, 0xff, 0x7f, 0xff, 0x77, 0xf7, 0xbd, 0xef,
    0xff, 0xf0, 0xff, 0xf0, 0x0f, 0xfc, 0xcc, 0x3c, 0xcc, 0x33, 0xcc, 0xcf, 0xff, 0xef, 0xff, 0xee,
    0xff, 0xfd, 0xff, 0xfd, 0xdf, 0xff, 0xbf, 0xff, 0xbb, 0xff, 0xf7, 0xff, 0xf7, 0x7f, 0x7b, 0xde,
];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Registers and memory.
struct Card {
    selected: bool,
    uhs: bool,
    low_voltage: bool,
    common: Vec<u8>,
    function: Vec<u8>,
}

impl Card {
    fn new(uhs: bool) -> Self {
        let mut card = Self {
            selected: false,
            uhs,
            low_voltage: false,
            common: vec![0; ADDRESSES],
            function: vec![0; ADDRESSES],
        };
        card.reset();
        card
    }

    fn reset(&mut self) {
        self.selected = false;
        self.common.fill(0);
        let mut put = |at: usize, bytes: &[u8]| {
            for (register, byte) in self.common.iter_mut().skip(at).zip(bytes) {
                *register = *byte;
            }
        };
        // CCCR: version 3.00 where UHS needs it, 1.20 otherwise; multiple blocks; high speed.
        put(0x00, &[if self.uhs { 0x43 } else { 0x32 }, 0x02]);
        put(0x08, &[0x02, 0x00, 0x10, 0x00]);
        put(0x13, &[0x01, if self.uhs { 0x03 } else { 0x00 }]);
        // FBR of function 1.
        put(0x109, &[0x00, 0x11, 0x00]);
        let [vendor_low, vendor_high] = MANUFACTURER.to_le_bytes();
        let [product_low, product_high] = PRODUCT.to_le_bytes();
        let manfid = [0x20, 4, vendor_low, vendor_high, product_low, product_high];
        put(COMMON_CIS, &manfid);
        put(COMMON_CIS + 6, &[0x22, 4, 0x00, 0x00, 0x02, 0x32, 0xFF]);
        let mut extension = [0; 44];
        extension[0] = 0x22;
        extension[1] = 42;
        extension[2] = 0x01;
        extension[14..16].copy_from_slice(&512u16.to_le_bytes());
        put(FUNCTION_CIS, &manfid);
        put(FUNCTION_CIS + 6, &extension);
        put(FUNCTION_CIS + 50, &[0xFF]);
    }

    fn space(&mut self, function: u32) -> Option<&mut Vec<u8>> {
        match function {
            0 => Some(&mut self.common),
            1 => Some(&mut self.function),
            _ => None,
        }
    }

    /// Answers a command: response and data, or nothing at all.
    fn answer(&mut self, request: &Request<'_>) -> Option<(u32, Vec<u8>)> {
        let arg = request.arg;
        let response = match request.opcode {
            0 => {
                self.selected = false;
                0
            }
            3 => RELATIVE_ADDRESS << 16,
            5 => {
                let switch = if self.uhs && !self.low_voltage {
                    1 << 24
                } else {
                    0
                };
                0x9000_0000 | VOLTAGES | switch
            }
            7 if arg >> 16 == RELATIVE_ADDRESS => {
                self.selected = true;
                0x1E00
            }
            11 if self.uhs => 0,
            19 if self.uhs => return Some((0, TUNING_BLOCK.to_vec())),
            52 => self.io_direct(arg),
            53 if self.selected => return Some(self.io_extended(arg, &request.data)),
            _ => return None,
        };
        Some((response, Vec::new()))
    }

    fn io_direct(&mut self, arg: u32) -> u32 {
        let address = (arg >> 9) as usize & (ADDRESSES - 1);
        let function = arg >> 28 & 7;
        let [value, ..] = arg.to_le_bytes();
        if arg >> 31 == 1 {
            if function == 0 && address == 0x06 && value & 8 != 0 {
                self.reset();
                return 0x1000;
            }
            let Some(register) = self
                .space(function)
                .and_then(|space| space.get_mut(address))
            else {
                return 0x1200;
            };
            *register = value;
            if function == 0 && address == 0x02 {
                // A function that is enabled is ready.
                if let Some(ready) = self.common.get_mut(0x03) {
                    *ready = value;
                }
            }
            return 0x1000 | u32::from(value);
        }
        match self.space(function).and_then(|space| space.get(address)) {
            Some(register) => 0x1000 | u32::from(*register),
            None => 0x1200,
        }
    }

    fn io_extended(&mut self, arg: u32, data: &Data<'_>) -> (u32, Vec<u8>) {
        let address = (arg >> 9) as usize & (ADDRESSES - 1);
        let Some(space) = self.space(arg >> 28 & 7) else {
            return (0x1200, vec![0; data.len()]);
        };
        let cells = space.iter_mut().skip(address);
        match data {
            Data::Write { data, .. } => {
                cells
                    .zip(data.iter())
                    .for_each(|(cell, byte)| *cell = *byte);
                (0x1000, Vec::new())
            }
            Data::Read { .. } | Data::None => {
                let mut read: Vec<u8> = cells.take(data.len()).map(|cell| *cell).collect();
                read.resize(data.len(), 0);
                (0x1000, read)
            }
        }
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Options {
    device: String,
    timeout_ms: u32,
    uhs: bool,
    soldered: bool,
    empty: bool,
    faults: Vec<(String, u64)>,
}

impl Options {
    fn parse() -> Outcome<Self> {
        let mut options = Self {
            device: "/dev/vsdio".into(),
            timeout_ms: 1000,
            ..Self::default()
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--device" => options.device = args.next().ok_or("--device needs a file")?,
                "--timeout" => {
                    options.timeout_ms = args.next().ok_or("--timeout needs a number")?.parse()?;
                }
                "--uhs" => options.uhs = true,
                "--soldered" => options.soldered = true,
                "--empty" => options.empty = true,
                other => {
                    let (fault, at) = other.split_once('=').ok_or("what is this argument?")?;
                    options.faults.push((fault.into(), at.parse()?));
                }
            }
        }
        Ok(options)
    }
}

fn send(device: &File, message: CardMessage<'_>) -> Outcome<()> {
    let mut bytes = vec![0; message.encoded_len()];
    message.encode(&mut bytes)?;
    let mut device = device;
    match device.write(&bytes) {
        Ok(written) if written == bytes.len() => Ok(()),
        Ok(written) => Err(format!("short write of {written} bytes").into()),
        Err(error) if error.raw_os_error() == Some(22) => {
            println!("refused {message:?}");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// What the two threads share.
#[derive(Default)]
struct Control {
    requests: u64,
    /// Reads of register 0 until the level of the interrupt falls.
    irq: u32,
    stalled: bool,
}

fn commands(device: &File, control: &Mutex<Control>) -> Outcome<()> {
    for line in io::stdin().lock().lines() {
        match line?.as_str() {
            "insert" => {
                *control.lock().map_err(|_| "poisoned")? = Control::default();
                send(device, CardMessage::Insert)?;
            }
            "remove" => send(device, CardMessage::Remove)?,
            "stall" => control.lock().map_err(|_| "poisoned")?.stalled = true,
            "count" => println!("count {}", control.lock().map_err(|_| "poisoned")?.requests),
            "quit" => break,
            other => {
                let reads = other.strip_prefix("irq ").ok_or("unknown command")?;
                let reads = reads.parse()?;
                control.lock().map_err(|_| "poisoned")?.irq = reads;
                send(device, CardMessage::Irq { level: reads != 0 })?;
            }
        }
    }
    Ok(())
}

fn reply(device: &File, request: &Request<'_>, answer: Option<&(u32, Vec<u8>)>) -> Outcome<()> {
    let (command, response, data) = match answer {
        Some((response, data)) => (Status::Good, *response, data.as_slice()),
        None => (Status::Timeout, 0, [].as_slice()),
    };
    send(
        device,
        CardMessage::Reply(Reply {
            tag: request.tag,
            command,
            data_status: Status::Good,
            response: [response, 0, 0, 0],
            data,
        }),
    )
}

/// Register 0 of the function is read.
fn attended(device: &File, control: &Mutex<Control>) -> Outcome<()> {
    let mut control = control.lock().map_err(|_| "poisoned")?;
    if control.irq > 0 {
        control.irq -= 1;
        if control.irq == 0 {
            send(device, CardMessage::Irq { level: false })?;
        }
    }
    Ok(())
}

/// Answers a request, or does what a fault asks for instead.
fn serve(
    device: &File,
    options: &Options,
    control: &Mutex<Control>,
    card: &mut Card,
    request: &Request<'_>,
) -> Outcome<()> {
    let (count, stalled) = {
        let mut control = control.lock().map_err(|_| "poisoned")?;
        control.requests += 1;
        (control.requests, control.stalled)
    };
    if stalled {
        return Ok(());
    }
    if (request.opcode, request.arg >> 9) == (52, 1 << 19) {
        attended(device, control)?;
    }
    let fault = options.faults.iter().find(|(_, at)| *at == count);
    match fault.map_or("", |(fault, _)| fault.as_str()) {
        "" => return reply(device, request, card.answer(request).as_ref()),
        "remove" => send(device, CardMessage::Remove)?,
        "stall" => control.lock().map_err(|_| "poisoned")?.stalled = true,
        "die" => std::process::exit(9),
        "late" => {
            let wait = u64::from(options.timeout_ms) + 50;
            thread::sleep(std::time::Duration::from_millis(wait));
            reply(device, request, card.answer(request).as_ref())?;
        }
        "wrong-tag" => {
            let other = Request {
                tag: request.tag + 1,
                ..*request
            };
            reply(device, &other, card.answer(request).as_ref())?;
        }
        "wrong-length" => {
            let data = vec![0; request.data.len() + 1];
            reply(device, request, Some(&(0, data)))?;
        }
        "crc" => send(
            device,
            CardMessage::Reply(Reply {
                tag: request.tag,
                command: Status::Crc,
                data_status: Status::Good,
                response: [0; 4],
                data: &[],
            }),
        )?,
        other => return Err(format!("unknown fault {other}").into()),
    }
    Ok(())
}

fn run(options: &Options, device: &File, control: &Mutex<Control>) -> Outcome<()> {
    let mut card = Card::new(options.uhs);
    let mut buffer = vec![0; max_host_message(MAX_REQ_SIZE)];
    loop {
        let mut reader = device;
        let len = reader.read(&mut buffer)?;
        for frame in Frames::new(buffer.get(..len).ok_or("read beyond the buffer")?) {
            match HostMessage::decode(&frame?)? {
                HostMessage::SetupDone { host_index } => {
                    println!("setup mmc{host_index}");
                    if !options.empty {
                        send(device, CardMessage::Insert)?;
                    }
                    println!("ready");
                }
                HostMessage::Request(request) => {
                    serve(device, options, control, &mut card, &request)?;
                }
                HostMessage::Ios(ios) => {
                    card.low_voltage = ios.signal_voltage == 18;
                    if ios.power_mode == PowerMode::Off {
                        card.reset();
                        println!("power-off");
                    }
                }
                HostMessage::Reset => card.reset(),
                HostMessage::Cancel { .. } => println!("cancel"),
                HostMessage::IrqAck => println!("irq-ack"),
            }
        }
    }
}

fn main() -> Outcome<()> {
    let options = Options::parse()?;
    let device = File::options()
        .read(true)
        .write(true)
        .open(&options.device)?;
    let mut capabilities = caps::FOUR_BIT | caps::HIGH_SPEED | caps::SDIO_ONLY | caps::KEEP_POWER;
    if options.uhs {
        capabilities |= caps::UHS_SDR50 | caps::UHS_SDR104;
    }
    if options.soldered {
        capabilities |= caps::NON_REMOVABLE;
    }
    send(
        &device,
        CardMessage::Setup(Setup {
            abi_version: ABI_VERSION,
            caps: capabilities,
            max_blk_size: 512,
            max_blk_count: 127,
            max_req_size: MAX_REQ_SIZE,
            f_min: 100_000,
            f_max: if options.uhs { 208_000_000 } else { 50_000_000 },
            timeout_ms: options.timeout_ms,
        }),
    )?;
    let control = Mutex::new(Control::default());
    thread::scope(|scope| {
        scope.spawn(|| {
            if let Err(error) = run(&options, &device, &control) {
                eprintln!("minimal-card: {error}");
                std::process::exit(1);
            }
        });
        let result = commands(&device, &control);
        if let Err(error) = &result {
            eprintln!("minimal-card: {error}");
        }
        // The other thread sits in read().
        std::process::exit(result.is_err().into());
    })
}
