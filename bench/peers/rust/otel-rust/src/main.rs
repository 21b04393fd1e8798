//! opentelemetry-rust: attributes at the start of each span, the SDK's own tracer, fat LTO.
use common::*;
use opentelemetry::trace::{Span, SpanBuilder, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{global, Context, KeyValue};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanExporter,
};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// In the builder: one exact allocation, the fastest while tracing is on.
const AT_START: bool = true;
/// Only where the span records: the fastest while tracing is off.
const GUARDED: bool = false;

#[inline(always)]
fn span<T: Tracer, const N: usize, const WHEN: bool>(
    tracer: &T,
    name: &'static str,
    parent: &Context,
    attributes: impl FnOnce() -> [KeyValue; N],
) -> T::Span {
    let builder = SpanBuilder::from_name(name);
    if WHEN == AT_START {
        return tracer.build_with_context(builder.with_attributes(attributes()), parent);
    }
    let mut span = tracer.build_with_context(builder, parent);
    if span.is_recording() {
        span.set_attributes(attributes());
    }
    span
}

#[inline(always)]
fn child<T: Tracer, const N: usize, const WHEN: bool>(
    tracer: &T,
    name: &'static str,
    parent: &Context,
    samples: &mut Option<&mut Vec<u64>>,
    attributes: impl FnOnce() -> [KeyValue; N],
) {
    let begin = if samples.is_some() { ticks() } else { 0 };
    span::<T, N, WHEN>(tracer, name, parent, attributes).end();
    if let Some(samples) = samples {
        samples.push(ticks() - begin);
    }
}

#[inline(always)]
fn call<T: Tracer, const WHEN: bool>(
    tracer: &T,
    rng: &mut Rng,
    first: usize,
    mut samples: Option<&mut Vec<u64>>,
) where
    T::Span: Send + Sync + 'static,
{
    let id: Arc<str> = rng.uuid().into();
    let id = || KeyValue::new("getpatter.call.id", id.clone());
    let root = span::<T, 3, WHEN>(tracer, "getpatter.call", &Context::new(), || {
        [
            id(),
            KeyValue::new("getpatter.call.direction", "inbound"),
            KeyValue::new("getpatter.call.provider_mode", "pipeline"),
        ]
    });
    let parent = Context::new().with_span(root);
    for i in first..first + TURNS {
        child::<T, 3, WHEN>(tracer, "getpatter.stt", &parent, &mut samples, || {
            [
                id(),
                KeyValue::new("getpatter.stt.text_len", (20 + (i & 127)) as i64),
                KeyValue::new(
                    "getpatter.stt.confidence",
                    0.5 + (i & 63) as f64 * 0.0078125,
                ),
            ]
        });
        child::<T, 4, WHEN>(tracer, "getpatter.llm", &parent, &mut samples, || {
            [
                id(),
                KeyValue::new("getpatter.llm.iteration", (i & 7) as i64),
                KeyValue::new("getpatter.llm.history_size", (i & 31) as i64),
                KeyValue::new("getpatter.llm.ttft_ms", 180.0 + (i & 255) as f64 * 0.25),
            ]
        });
        child::<T, 2, WHEN>(tracer, "getpatter.tts", &parent, &mut samples, || {
            [
                id(),
                KeyValue::new("getpatter.tts.text_len", (40 + (i & 127)) as i64),
            ]
        });
        child::<T, 3, WHEN>(tracer, "getpatter.tool", &parent, &mut samples, || {
            [
                id(),
                KeyValue::new("getpatter.tool.name", "lookup_order"),
                KeyValue::new("getpatter.tool.transport", "webhook"),
            ]
        });
    }
    parent.span().end();
    black_box(());
}

fn provider<E: SpanExporter + 'static>(exporter: E, delay: Duration) -> SdkTracerProvider {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(delay)
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(config)
        .build();
    SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOn)
        .with_resource(resource())
        .with_span_processor(processor)
        .build()
}

fn main() {
    let args = args();
    match args.mode.as_str() {
        "disabled" => {
            // No provider is installed: the global one hands out tracers that do nothing.
            let tracer = global::tracer("bench");
            disabled("otel-rust", &args, |rng, i| {
                call::<_, GUARDED>(&tracer, rng, i, None)
            });
        }
        "record" => {
            let provider = provider(Discard, Duration::from_secs(5));
            let tracer = provider.tracer("bench");
            record(
                "otel-rust",
                &args,
                #[inline(always)]
                |rng, i, samples| call::<_, AT_START>(&tracer, rng, i, samples),
                || {
                    if let Err(error) = provider.force_flush() {
                        eprintln!("flush: {error}");
                    }
                },
            );
        }
        "export-http" | "export-grpc" => {
            let provider = provider(exporter(&args), Duration::from_millis(200));
            let tracer = provider.tracer("bench");
            export(
                "otel-rust",
                &args,
                |rng, i| call::<_, AT_START>(&tracer, rng, i, None),
                || {
                    let _ = provider.force_flush();
                },
            );
            let _ = provider.shutdown();
        }
        mode => panic!("unknown mode {mode}"),
    }
}
