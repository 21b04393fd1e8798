//! fastrace: local spans under one root; properties are texts, so numbers are formatted.
use common::*;
use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::prelude::*;
use std::borrow::Cow;
use std::hint::black_box;
use std::sync::atomic::Ordering::*;
use std::time::Duration;

type Text = Cow<'static, str>;

#[inline(always)]
fn int(value: i64) -> Text {
    Cow::Owned(itoa::Buffer::new().format(value).to_owned())
}

#[inline(always)]
fn real(value: f64) -> Text {
    Cow::Owned(ryu::Buffer::new().format(value).to_owned())
}

#[inline(always)]
fn child<const N: usize>(
    name: &'static str,
    samples: &mut Option<&mut Vec<u64>>,
    properties: impl FnOnce() -> [(&'static str, Text); N],
) {
    let begin = if samples.is_some() { ticks() } else { 0 };
    drop(LocalSpan::enter_with_local_parent(name).with_properties(properties));
    if let Some(samples) = samples {
        samples.push(ticks() - begin);
    }
}

#[inline(always)]
fn call(
    root: impl FnOnce() -> Span,
    rng: &mut Rng,
    first: usize,
    mut samples: Option<&mut Vec<u64>>,
) {
    let id = rng.uuid();
    let id = || ("getpatter.call.id", Cow::Owned(id.to_owned()));
    let root = root().with_properties(|| {
        [
            id(),
            ("getpatter.call.direction", Cow::Borrowed("inbound")),
            ("getpatter.call.provider_mode", Cow::Borrowed("pipeline")),
        ]
    });
    let _guard = root.set_local_parent();
    for i in first..first + TURNS {
        child("getpatter.stt", &mut samples, || {
            [
                id(),
                ("getpatter.stt.text_len", int((20 + (i & 127)) as i64)),
                (
                    "getpatter.stt.confidence",
                    real(0.5 + (i & 63) as f64 * 0.0078125),
                ),
            ]
        });
        child("getpatter.llm", &mut samples, || {
            [
                id(),
                ("getpatter.llm.iteration", int((i & 7) as i64)),
                ("getpatter.llm.history_size", int((i & 31) as i64)),
                (
                    "getpatter.llm.ttft_ms",
                    real(180.0 + (i & 255) as f64 * 0.25),
                ),
            ]
        });
        child("getpatter.tts", &mut samples, || {
            [
                id(),
                ("getpatter.tts.text_len", int((40 + (i & 127)) as i64)),
            ]
        });
        child("getpatter.tool", &mut samples, || {
            [
                id(),
                ("getpatter.tool.name", Cow::Borrowed("lookup_order")),
                ("getpatter.tool.transport", Cow::Borrowed("webhook")),
            ]
        });
    }
    black_box(());
}

fn sampled_root() -> Span {
    Span::root("getpatter.call", SpanContext::random())
}

struct Discarding;

impl Reporter for Discarding {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        EXPORTED.fetch_add(spans.len() as u64, Relaxed);
        drop(spans);
    }
}

/// fastrace has no batch size: it reports what it has drained in one list. This cuts it.
struct Batches<R>(R);

impl<R: Reporter> Reporter for Batches<R> {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        let mut spans = spans.into_iter();
        loop {
            let batch: Vec<_> = spans.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return;
            }
            self.0.report(batch);
        }
    }
}

fn main() {
    let args = args();
    match args.mode.as_str() {
        // The cheapest of its ways: no reporter, an unsampled root, or this, a root that is none.
        "disabled" => disabled("fastrace", &args, |rng, i| call(Span::noop, rng, i, None)),
        "record" => {
            fastrace::set_reporter(Discarding, Config::default());
            record(
                "fastrace",
                &args,
                #[inline(always)]
                |rng, i, samples| call(sampled_root, rng, i, samples),
                fastrace::flush,
            );
        }
        "export-http" | "export-grpc" => {
            let reporter = fastrace_opentelemetry::OpenTelemetryReporter::new(
                exporter(&args),
                Cow::Owned(resource()),
                opentelemetry::InstrumentationScope::builder("bench").build(),
            );
            let config = Config::default().report_interval(Duration::from_millis(10));
            fastrace::set_reporter(Batches(reporter), config);
            export(
                "fastrace",
                &args,
                |rng, i| call(sampled_root, rng, i, None),
                fastrace::flush,
            );
        }
        mode => panic!("unknown mode {mode}"),
    }
}
