// SPDX-License-Identifier: MIT
//! The gate's workload for fastrace: each line on standard input runs one burst, and its time in nanoseconds goes to
//! standard output once the spans are reported and dropped.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::prelude::*;

const CALLS: u64 = 25;
const TURNS: u64 = 10;
const SPANS: usize = (CALLS * (1 + 4 * TURNS)) as usize;

static REPORTED: AtomicUsize = AtomicUsize::new(0);

struct Discarding;

impl Reporter for Discarding {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        REPORTED.fetch_add(spans.len(), Relaxed);
    }
}

type Text = Cow<'static, str>;

fn int(number: u64) -> Text {
    Cow::Owned(itoa::Buffer::new().format(number).to_owned())
}

fn double(number: f64) -> Text {
    Cow::Owned(ryu::Buffer::new().format(number).to_owned())
}

fn owned(text: &str) -> Text {
    Cow::Owned(text.to_owned())
}

fn span<const N: usize>(name: &'static str, properties: impl FnOnce() -> [(&'static str, Text); N]) {
    let _span = LocalSpan::enter_with_local_parent(name).with_properties(properties);
}

fn turn(id: &str, i: u64) {
    span("getpatter.stt", || {
        [
            ("getpatter.call.id", owned(id)),
            ("getpatter.stt.text_len", int(20 + (i & 127))),
            ("getpatter.stt.confidence", double(0.5 + (i & 63) as f64 * 0.0078125)),
        ]
    });
    span("getpatter.llm", || {
        [
            ("getpatter.call.id", owned(id)),
            ("getpatter.llm.iteration", int(i & 7)),
            ("getpatter.llm.history_size", int(i & 31)),
            ("getpatter.llm.ttft_ms", double(180.0 + (i & 255) as f64 * 0.25)),
        ]
    });
    span("getpatter.tts", || {
        [("getpatter.call.id", owned(id)), ("getpatter.tts.text_len", int(40 + (i & 127)))]
    });
    span("getpatter.tool", || {
        [
            ("getpatter.call.id", owned(id)),
            ("getpatter.tool.name", Cow::Borrowed("lookup_order")),
            ("getpatter.tool.transport", Cow::Borrowed("webhook")),
        ]
    });
}

fn call(number: u64) {
    let id = format!("dc1b77ae-0bf3-4dad-a4f0-{number:012x}");
    let root = Span::root("getpatter.call", SpanContext::random()).with_properties(|| {
        [
            ("getpatter.call.id", owned(&id)),
            ("getpatter.call.direction", Cow::Borrowed("inbound")),
            ("getpatter.call.provider_mode", Cow::Borrowed("pipeline")),
        ]
    });
    let _parent = root.set_local_parent();
    for i in 0..TURNS {
        turn(&id, number + i);
    }
}

fn main() {
    fastrace::set_reporter(Discarding, Config::default());
    let (mut calls, mut bursts) = (0, 0);
    for _ in std::io::stdin().lines() {
        let begin = Instant::now();
        for _ in 0..CALLS {
            call(calls);
            calls += 1;
        }
        let ns = begin.elapsed().as_nanos();
        fastrace::flush();
        bursts += 1;
        assert_eq!(REPORTED.load(Relaxed), bursts * SPANS, "spans were lost");
        println!("{ns}");
    }
}
