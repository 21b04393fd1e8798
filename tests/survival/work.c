/* SPDX-License-Identifier: MIT */
#include "tests/survival/work.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <patter/patter.h>

#include "core/record/key.h"
#include "core/record/slot.h"

enum { OPEN_ROOTS = 8 };

struct worker {
    struct pt_thread *thread;
    struct tally *tally;
    uint32_t number;
    uint32_t text_key;
    uint64_t random;
    uint32_t next_root;
    uint64_t open[OPEN_ROOTS]; /* handles */
    uint32_t open_roots[OPEN_ROOTS];
};

static struct pt_thread threads[WORK_THREADS];
static struct worker workers[WORK_THREADS];
static pthread_t writers[WORK_THREADS], pump;
static atomic_bool stops;
static _Atomic uint32_t writers_left;

struct tally *tally_new(void)
{
    void *memory =
        mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED, "memory is short");
    return memory;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* ---- content: all of it follows from the record's span id --------------------------------- */

struct identity {
    uint32_t thread; /* 1 + number */
    uint32_t root;   /* 1 + number, 0: none */
};

static struct identity identity_of(const struct pt_record *record)
{
    struct identity identity;
    memcpy(&identity, record->trace_id, sizeof(identity));
    return identity;
}

uint32_t work_thread_of(const struct pt_record *record)
{
    return identity_of(record).thread - 1;
}

int64_t work_root_of(const struct pt_record *record)
{
    return (int64_t)identity_of(record).root - 1;
}

static void fill_text(unsigned char *to, uint32_t len, uint64_t seed)
{
    for (uint32_t i = 0; i < len; i++) {
        to[i] = (unsigned char)next_random(&seed);
    }
}

static uint64_t seed_of(const struct pt_record *record)
{
    uint64_t seed;
    memcpy(&seed, record->span_id, sizeof(seed));
    return seed;
}

bool work_is_whole(const struct pt_record *record)
{
    static unsigned char text[WORK_SIZE_MAX + sizeof(uint64_t)];
    const unsigned char *bytes = (const void *)record;
    const struct pt_item *item = (const void *)(bytes + sizeof(*record));
    uint64_t seed = seed_of(record);
    if (record->call_id_len + record->tracestate_len + record->name_len > 0 ||
        record->attribute_count == 0 || item->type != PT_ITEM_TEXT ||
        item->len != seed % WORK_SIZE_MAX) {
        return false;
    }
    fill_text(text, item->len, seed);
    return memcmp(text, item + 1, item->len) == 0;
}

static void make(struct pt_record *record, const struct worker *worker, uint32_t root,
                 uint64_t seed, uint32_t text_len)
{
    struct identity identity = { worker->number + 1, root };
    struct pt_item *item = (void *)(record + 1);
    memset(record, 0, sizeof(*record));
    memcpy(record->trace_id, &identity, sizeof(identity));
    memcpy(record->span_id, &seed, sizeof(seed));
    record->begin_unix_ns = 1000;
    record->attribute_count = 1;
    *item = (struct pt_item){ .key = (uint16_t)worker->text_key,
                              .type = PT_ITEM_TEXT,
                              .len = (uint16_t)text_len };
    memset((unsigned char *)(item + 1) + pt_pad8(text_len) - (text_len ? 8 : 0), 0,
           text_len ? 8 : 0);
    fill_text((unsigned char *)(item + 1), text_len, seed);
    record->size = (uint32_t)(sizeof(*record) + sizeof(*item)) + pt_pad8(text_len);
}

/* ---- writing ------------------------------------------------------------------------------ */

static bool write_record(struct worker *worker, const struct pt_record *record)
{
    struct pt_ring *ring = &worker->thread->ring;
    while (pt_ring_write(ring, record, 2000) == PT_RING_REFUSED) {
        if (atomic_load(&stops)) {
            return false;
        }
        sched_yield();
    }
    atomic_store(&worker->tally->written[worker->number], atomic_load(&ring->sequence));
    return true;
}

static void set_root_state(struct worker *worker, uint32_t root, enum root_state state)
{
    atomic_store(&worker->tally->root_states[worker->number][root], (uint8_t)state);
}

static void open_root(struct worker *worker, uint32_t place)
{
    uint64_t handle;
    uint64_t seed = next_random(&worker->random);
    if (worker->next_root == WORK_ROOTS) {
        return;
    }
    struct pt_slot *slot = pt_slot_take(worker->thread, &handle);
    CHECK(slot, "no slot");
    seed -= seed % WORK_SIZE_MAX;
    seed += next_random(&worker->random) % 300;
    make(slot->record, worker, worker->next_root + 1, seed, (uint32_t)(seed % WORK_SIZE_MAX));
    slot->keys = ~0ull;
    atomic_store_explicit(&slot->is_root, true, memory_order_release);
    set_root_state(worker, worker->next_root, ROOT_OPEN);
    worker->open[place] = handle;
    worker->open_roots[place] = worker->next_root++;
}

static void end_root(struct worker *worker, uint32_t place)
{
    uint64_t handle = worker->open[place];
    uint32_t root = worker->open_roots[place];
    struct pt_slot *slot = pt_slot_find(handle);
    CHECK(slot, "an open root is gone");
    set_root_state(worker, root, ROOT_ENDING);
    pt_slot_note_place(slot, &worker->thread->ring);
    struct pt_record *record = slot->record;
    CHECK(pt_slot_claim(worker->thread, slot, handle), "an open root was ended by another");
    if (write_record(worker, record)) {
        atomic_store_explicit(&slot->is_root, false, memory_order_release);
        set_root_state(worker, root, ROOT_ENDED);
    }
    pt_slot_give(worker->thread, slot);
    worker->open[place] = 0;
}

/* A number that changes under the hands of a crash. */
static void touch_root(struct worker *worker, uint32_t place)
{
    struct pt_slot *slot = pt_slot_find(worker->open[place]);
    CHECK(slot, "an open root is gone");
    uint32_t key = PATTER_KEY_STT_TEXT_LEN + (uint32_t)next_random(&worker->random) % 4;
    pt_slot_set_number(slot, key, PT_ITEM_INT, 1, 32);
}

static void *write_along(void *worker_)
{
    static _Thread_local _Alignas(8) unsigned char bytes[WORK_SIZE_MAX + 200];
    struct worker *worker = worker_;
    struct pt_record *record = (void *)bytes;
    while (!atomic_load(&stops)) {
        uint32_t place = (uint32_t)next_random(&worker->random) % OPEN_ROOTS;
        uint64_t seed = next_random(&worker->random);
        make(record, worker, 0, seed, (uint32_t)(seed % WORK_SIZE_MAX));
        write_record(worker, record);
        if (!worker->open[place]) {
            open_root(worker, place);
        } else if (next_random(&worker->random) % 4 == 0) {
            end_root(worker, place);
        } else {
            touch_root(worker, place);
        }
    }
    atomic_fetch_sub(&writers_left, 1);
    return NULL;
}

/* ---- the pump ------------------------------------------------------------------------------- */

static void append(struct tally *tally, const struct pt_record *record)
{
    uint32_t thread = work_thread_of(record);
    int64_t root = work_root_of(record);
    CHECK(thread < WORK_THREADS, "a foreign record in the ring");
    CHECK(record->sequence == atomic_load(&tally->appended[thread]), "out of order");
    CHECK(work_is_whole(record), "a torn record in the ring");
    if (root >= 0) {
        atomic_store(&tally->root_places[thread][root], record->sequence + 1);
    }
    atomic_store(&tally->appended[thread], record->sequence + 1);
}

static void drain(struct tally *tally, struct pt_ring *ring)
{
    const unsigned char *bytes;
    uint32_t len;
    while ((len = pt_ring_peek(ring, &bytes)) > 0) {
        uint64_t count = 0;
        for (uint32_t at = 0; at < len; count++) {
            const struct pt_record *record = (const void *)(bytes + at);
            append(tally, record);
            at += record->size;
        }
        pt_ring_advance(ring, len, count);
    }
}

static void *pump_along(void *tally)
{
    bool last;
    do {
        last = atomic_load(&writers_left) == 0;
        for (int i = 0; i < WORK_THREADS; i++) {
            drain(tally, &threads[i].ring);
        }
        usleep(500); /* so that something waits */
    } while (!last);
    return NULL;
}

void work_start(struct tally *tally, uint32_t first_ring)
{
    atomic_store(&stops, false);
    atomic_store(&writers_left, WORK_THREADS);
    memset(threads, 0, sizeof(threads));
    memset(workers, 0, sizeof(workers));
    for (uint32_t i = 0; i < WORK_THREADS; i++) {
        threads[i].ring.id = first_ring + i;
        workers[i].thread = &threads[i];
        workers[i].tally = tally;
        workers[i].number = i;
        workers[i].text_key = pt_key_intern(patter_text("test.text"));
        workers[i].random = (uint64_t)getpid() << 8 | i;
        CHECK(pthread_create(&writers[i], NULL, write_along, &workers[i]) == 0, "no thread");
    }
    CHECK(pthread_create(&pump, NULL, pump_along, tally) == 0, "no thread");
    atomic_store(&tally->ready, true);
}

void work_stop(void)
{
    atomic_store(&stops, true);
    for (int i = 0; i < WORK_THREADS; i++) {
        pthread_join(writers[i], NULL);
    }
    pthread_join(pump, NULL);
}
