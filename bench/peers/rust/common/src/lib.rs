//! What both Rust peers share: arguments, clocks, bursts, exporters, and the line of JSON.
use opentelemetry_otlp::{Compression, WithExportConfig, WithHttpConfig, WithTonicConfig};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::time::{Duration, Instant};

pub const TURNS: usize = 10;
pub const PER_CALL: usize = 1 + 4 * TURNS;
pub const BURST_CALLS: usize = 25;
pub const QUEUE: usize = 65536;
pub const BATCH: usize = 512;
const WARM_UP: usize = 20_500;
const SAMPLED: usize = 205_000;

pub struct Args {
    pub mode: String,
    pub spans: usize,
    pub threads: usize,
    pub endpoint: Option<String>,
    pub gzip: bool,
}

pub fn args() -> Args {
    let mut words = std::env::args().skip(1);
    let mut args = Args {
        mode: words.next().expect("a mode"),
        spans: 1_000_000,
        threads: 1,
        endpoint: None,
        gzip: false,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--spans" => args.spans = words.next().unwrap().parse().unwrap(),
            "--threads" => args.threads = words.next().unwrap().parse().unwrap(),
            "--endpoint" => args.endpoint = words.next(),
            "--gzip" => args.gzip = true,
            _ => panic!("unknown argument {word}"),
        }
    }
    args
}

/// User and system time of the process in ns, and its largest resident size in KiB.
fn rusage() -> (f64, u64) {
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let ns = |t: libc::timeval| t.tv_sec as f64 * 1e9 + t.tv_usec as f64 * 1e3;
    (
        ns(usage.ru_utime) + ns(usage.ru_stime),
        usage.ru_maxrss as u64,
    )
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn ticks() -> u64 {
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
pub fn ticks() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

fn ns_per_tick() -> f64 {
    let (begin, begin_ticks) = (Instant::now(), ticks());
    while begin.elapsed() < Duration::from_millis(50) {}
    begin.elapsed().as_nanos() as f64 / (ticks() - begin_ticks) as f64
}

fn quantile(sorted: &[u64], q: f64) -> f64 {
    if sorted.is_empty() {
        return 0.0;
    }
    sorted[((sorted.len() - 1) as f64 * q) as usize] as f64
}

/// The call ids come from a cheap generator, so that they cost every peer the same.
pub struct Rng(pub u64);

impl Rng {
    #[inline(always)]
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn uuid(&mut self) -> String {
        let high = (self.next() & !0xf000) | 0x4000;
        let low = (self.next() & !(3 << 62)) | (2 << 62);
        let mut digits = [0u8; 32];
        for (i, part) in [high >> 32, high & 0xffffffff, low >> 32, low & 0xffffffff]
            .into_iter()
            .enumerate()
        {
            digits[8 * i..8 * i + 8].copy_from_slice(&hex_digits(part));
        }
        let mut text = [b'-'; 36];
        text[..8].copy_from_slice(&digits[..8]);
        text[9..13].copy_from_slice(&digits[8..12]);
        text[14..18].copy_from_slice(&digits[12..16]);
        text[19..23].copy_from_slice(&digits[16..20]);
        text[24..].copy_from_slice(&digits[20..]);
        unsafe { String::from_utf8_unchecked(text.to_vec()) }
    }
}

/// The eight hex digits of a number below 2^32.
#[inline(always)]
fn hex_digits(value: u64) -> [u8; 8] {
    const ONES: u64 = 0x0101010101010101;
    let nibbles = (value << 16 | value) & 0x0000ffff0000ffff;
    let nibbles = (nibbles << 8 | nibbles) & 0x00ff00ff00ff00ff;
    let nibbles = (nibbles << 4 | nibbles) & 0x0f0f0f0f0f0f0f0f;
    let letters = (nibbles + 6 * ONES) >> 4 & ONES;
    (nibbles + b'0' as u64 * ONES + letters * (b'a' - b'0' - 10) as u64).to_be_bytes()
}

pub static EXPORTED: AtomicU64 = AtomicU64::new(0);
pub static FAILED: AtomicU64 = AtomicU64::new(0);

/// Receives each batch and drops it.
#[derive(Debug)]
pub struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        EXPORTED.fetch_add(batch.len() as u64, Relaxed);
        drop(batch);
        Ok(())
    }
}

/// Passes batches on to a real exporter and counts what its receiver acknowledged.
#[derive(Debug)]
pub struct Counting(pub opentelemetry_otlp::SpanExporter);

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let result = self.0.export(batch).await;
        match &result {
            Ok(_) => EXPORTED.fetch_add(count, AcqRel),
            Err(error) => {
                eprintln!("export failed: {error}");
                FAILED.fetch_add(count, AcqRel)
            }
        };
        result
    }
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }
    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }
    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource)
    }
}

pub fn resource() -> Resource {
    Resource::builder().with_service_name("bench").build()
}

pub fn exporter(args: &Args) -> Counting {
    Counting(if args.mode == "export-http" {
        http_exporter(args)
    } else {
        grpc_exporter(args)
    })
}

fn http_exporter(args: &Args) -> opentelemetry_otlp::SpanExporter {
    let base = args.endpoint.as_deref().unwrap_or("http://127.0.0.1:4318");
    let builder = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{base}/v1/traces"));
    if args.gzip {
        builder.with_compression(Compression::Gzip).build().unwrap()
    } else {
        builder.build().unwrap()
    }
}

/// tonic needs a tokio runtime: one worker thread, kept alive for the whole run.
fn grpc_exporter(args: &Args) -> opentelemetry_otlp::SpanExporter {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let exporter = {
        let _guard = runtime.enter();
        let builder = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(args.endpoint.as_deref().unwrap_or("http://127.0.0.1:4317"));
        if args.gzip {
            builder.with_compression(Compression::Gzip).build().unwrap()
        } else {
            builder.build().unwrap()
        }
    };
    std::mem::forget(runtime);
    exporter
}

/// Lossless: the producer waits while the queue is nearly full.
fn wait_for_room(produced: u64) {
    let most = (QUEUE - 2 * BATCH) as u64;
    while produced.saturating_sub(EXPORTED.load(Acquire) + FAILED.load(Acquire)) > most {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Times `call` with tracing off.
pub fn disabled(peer: &str, args: &Args, call: impl Fn(&mut Rng, usize)) {
    let calls = args.spans.div_ceil(PER_CALL);
    let mut rng = Rng(0x9E3779B97F4A7C15);
    (0..calls / 10).for_each(|i| call(&mut rng, i));
    let begin = Instant::now();
    (0..calls).for_each(|i| call(&mut rng, i));
    let ns = begin.elapsed().as_nanos() as f64;
    let spans = calls * PER_CALL;
    println!(
        "{{\"peer\":\"{peer}\",\"mode\":\"disabled\",\"spans\":{spans},\"ns_per_span\":{:.2}}}",
        ns / spans as f64
    );
}

#[derive(Default)]
struct Bursts {
    spans: usize,
    busy_ns: u64,
    each_ns: Vec<u64>,
    samples: Vec<u64>,
}

/// One thread's bursts, each timed; the flush between two is not.
fn bursts(
    seed: u64,
    least: usize,
    sampled: bool,
    call: &impl Fn(&mut Rng, usize, Option<&mut Vec<u64>>),
    flush: &impl Fn(),
) -> Bursts {
    let mut rng = Rng(0x9E3779B97F4A7C15 ^ (seed << 32));
    let mut made = Bursts::default();
    if sampled {
        made.samples.reserve(least + BURST_CALLS * PER_CALL);
    }
    let mut i = 0;
    while made.spans < least {
        let begin = Instant::now();
        for _ in 0..BURST_CALLS {
            if sampled {
                call(&mut rng, i, Some(&mut made.samples));
            } else {
                call(&mut rng, i, None);
            }
            i += 1;
        }
        let ns = begin.elapsed().as_nanos() as u64;
        made.spans += BURST_CALLS * PER_CALL;
        made.busy_ns += ns;
        made.each_ns.push(ns);
        flush();
    }
    made
}

/// Times `call` into an exporter that drops. `call` must inline, so that None leaves no trace.
pub fn record(
    peer: &str,
    args: &Args,
    call: impl Fn(&mut Rng, usize, Option<&mut Vec<u64>>) + Sync,
    flush: impl Fn() + Sync,
) {
    let run = |least: usize, sampled: bool| {
        let mut all = Bursts::default();
        std::thread::scope(|scope| {
            let (call, flush) = (&call, &flush);
            let threads: Vec<_> = (0..args.threads)
                .map(|i| scope.spawn(move || bursts(i as u64 + 1, least, sampled, call, flush)))
                .collect();
            for thread in threads {
                let one = thread.join().unwrap();
                all.spans += one.spans;
                all.busy_ns += one.busy_ns;
                all.each_ns.extend(one.each_ns);
                all.samples.extend(one.samples);
            }
        });
        all
    };
    run(WARM_UP.min(args.spans), false);
    flush();
    EXPORTED.store(0, SeqCst);
    let (cpu_begin, _) = rusage();
    let mut timed = run(args.spans, false);
    flush();
    let exported = EXPORTED.load(SeqCst);
    let (cpu_end, rss) = rusage();
    let mut sampled = run(SAMPLED.min(args.spans), true);
    timed.each_ns.sort_unstable();
    sampled.samples.sort_unstable();
    let (burst, tick) = ((BURST_CALLS * PER_CALL) as f64, ns_per_tick());
    println!(
        "{{\"peer\":\"{peer}\",\"mode\":\"record\",\"threads\":{},\"spans\":{},\"exported\":{exported},\"dropped\":{},\"ns_per_span\":{:.1},\"p50_ns\":{:.0},\"p99_ns\":{:.0},\"burst_p50_ns_per_span\":{:.1},\"burst_min_ns_per_span\":{:.1},\"cpu_ns_per_span\":{:.1},\"max_rss_kb\":{rss}}}",
        args.threads,
        timed.spans,
        timed.spans as i64 - exported as i64,
        timed.busy_ns as f64 / timed.spans as f64,
        quantile(&sampled.samples, 0.50) * tick,
        quantile(&sampled.samples, 0.99) * tick,
        quantile(&timed.each_ns, 0.50) / burst,
        quantile(&timed.each_ns, 0.0) / burst,
        (cpu_end - cpu_begin) / timed.spans as f64,
    );
}

/// Makes calls without loss, from the first span to the last acknowledgement.
pub fn export(peer: &str, args: &Args, call: impl Fn(&mut Rng, usize), flush: impl Fn()) {
    let mut rng = Rng(0x9E3779B97F4A7C15);
    let (cpu_begin, _) = rusage();
    let begin = Instant::now();
    let mut spans = 0;
    while spans < args.spans {
        call(&mut rng, spans / PER_CALL);
        spans += PER_CALL;
        wait_for_room(spans as u64);
    }
    // A flush may give up before a long queue is empty: it is asked again.
    while EXPORTED.load(Acquire) + FAILED.load(Acquire) < spans as u64
        && begin.elapsed() < Duration::from_secs(120)
    {
        flush();
    }
    let wall = begin.elapsed().as_secs_f64();
    let (cpu_end, rss) = rusage();
    let exported = EXPORTED.load(Acquire);
    println!(
        "{{\"peer\":\"{peer}\",\"mode\":\"{}{}\",\"spans\":{spans},\"exported\":{exported},\"dropped\":{},\"wall_s\":{wall:.4},\"spans_per_s\":{:.0},\"cpu_us_per_span\":{:.3},\"max_rss_kb\":{rss}}}",
        args.mode,
        if args.gzip { "-gzip" } else { "" },
        spans as i64 - exported as i64,
        spans as f64 / wall,
        (cpu_end - cpu_begin) / 1e3 / spans as f64,
    );
}
