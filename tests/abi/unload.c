/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <patter/testing.h>

/* A program that loads a bot as a module, and closes it while threads go on that had a call: they
 * end, and the process forks, as if nothing had been. Usage: unload LIBPATTER */

static __typeof__(patter_call_begin_) *call_begin;
static __typeof__(patter_call_end_) *call_end;
static pthread_barrier_t step;

static void *call_once(void *nothing)
{
    call_end(call_begin(NULL), 0);
    pthread_barrier_wait(&step); /* it has had a call */
    pthread_barrier_wait(&step); /* the library is closed */
    return nothing;
}

/* POSIX lets a function's address be one of data, C does not. */
static void find(void *library, const char *name, void *ret_function)
{
    void *function = dlsym(library, name);
    if (!function) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    memcpy(ret_function, &function, sizeof(function));
}

int main(int count, char **words)
{
    pthread_t thread;
    int status = -1;
    void *library = count == 2 ? dlopen(words[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) {
        fprintf(stderr, "%s\n", count == 2 ? dlerror() : "name libpatter.so");
        return 1;
    }
    __typeof__(patter_init_tracing) *init;
    __typeof__(patter_shutdown_tracing) *shutdown;
    __typeof__(patter_recorder_new) *new_recorder;
    __typeof__(patter_recorder_destroy) *destroy_recorder;
    find(library, "patter_init_tracing", &init);
    find(library, "patter_shutdown_tracing", &shutdown);
    find(library, "patter_recorder_new", &new_recorder);
    find(library, "patter_recorder_destroy", &destroy_recorder);
    find(library, "patter_call_begin_", &call_begin);
    find(library, "patter_call_end_", &call_end);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    struct patter_recorder *recorder = new_recorder();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    if (init(&options) != PATTER_OK) {
        return 1;
    }
    pthread_barrier_init(&step, NULL, 2);
    pthread_create(&thread, NULL, call_once, NULL);
    pthread_barrier_wait(&step);
    shutdown();
    destroy_recorder(recorder);
    dlclose(library);
    pthread_barrier_wait(&step);
    pthread_join(thread, NULL);

    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
