/* In the place of Tesseract: does what the picture says and tells what came of it, to prove the walls that
 * stand around it. What is forbidden at the risk of one's life does not come back. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

static void say(const char *text) {
    if (write(1, text, strlen(text)) < 0) _exit(3);
}

static void tried(long result) {
    say(result >= 0 ? "done" : strerrorname_np(errno));
}

static void *nothing(void *unused) {
    return unused;
}

int main(int count, char **arguments) {
    static char order[1 << 16];
    size_t len = 0;
    ssize_t got;
    while (len < sizeof order - 1 && (got = read(0, order + len, sizeof order - 1 - len)) > 0) len += (size_t)got;

    if (!strcmp(order, "arguments")) {
        for (int i = 0; i < count; i++) say(arguments[i]), say("\n");
        for (char **of = environ; *of; of++) say(*of), say("\n");
    } else if (!strncmp(order, "read ", 5)) {
        tried(open(order + 5, O_RDONLY));
    } else if (!strcmp(order, "list a folder")) {
        tried(open("/", O_RDONLY | O_DIRECTORY));
    } else if (!strncmp(order, "write ", 6)) {
        tried(open(order + 6, O_WRONLY | O_CREAT, 0600));
    } else if (!strncmp(order, "start ", 6)) {
        char *none[] = {order + 6, NULL};
        tried(execve(order + 6, none, none + 1));
    } else if (!strcmp(order, "fork")) {
        tried(fork());
    } else if (!strcmp(order, "thread")) {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, nothing, NULL);
        tried(errno ? -1 : 0);
    } else if (!strcmp(order, "open a socket")) {
        tried(socket(AF_INET, SOCK_STREAM, 0));
    } else if (!strcmp(order, "kill")) {
        tried(kill(getppid(), 0));
    } else if (!strcmp(order, "fill memory")) {
        size_t taken = 0;
        for (char *more; (more = malloc(1 << 20)); taken++) memset(more, 1, 1 << 20);
        char text[64];
        snprintf(text, sizeof text, "%zu MiB", taken);
        say(text);
    } else if (!strcmp(order, "spin")) {
        for (;;) __asm__ volatile("");
    } else if (!strcmp(order, "say too much")) {
        for (;;) say("5\t1\t1\t1\t1\t1\t0\t0\t1\t1\t95\tmore\n");
    } else if (!strcmp(order, "abort")) {
        abort();
    } else if (!strcmp(order, "fail")) {
        return 1;
    }
    return 0;
}
