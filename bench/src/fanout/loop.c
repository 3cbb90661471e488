/*
 * The least that a server of N viewers can do: one write() for each chunk and viewer, from one buffer. It shakes hands as
 * a WebSocket without looking at what is asked. Arguments: bytes of a chunk, chunks a second. Prints its port; answers
 * each line on its input with its CPU time in ms and its resident memory in bytes; ends with its input.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 20000, HEAD = 16, PLACES = 64, STEP = 97 };
static const char HANDSHAKE[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
static int viewers[MOST], count, joining[MOST], joins;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void put(uint8_t *at, uint64_t value, int bytes) {
  while (bytes-- > 0) { at[bytes] = value; value >>= 8; }
}

static void usage(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  long pages = 0, skipped;
  FILE *statm = fopen("/proc/self/statm", "r");
  if (statm) { if (fscanf(statm, "%ld %ld", &skipped, &pages) != 2) pages = 0; fclose(statm); }
  printf("%.3f %ld\n", (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3,
         pages * sysconf(_SC_PAGESIZE));
  fflush(stdout);
}

/* Accept, read requests and answer questions until `until`. Requests come in one piece on loopback. */
static void serve(int listener, double until) {
  double left;
  do {
    left = until - now();
    struct pollfd polled[2 + MOST];
    polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = 0, .events = POLLIN};
    for (int i = 0; i < joins; i++) polled[2 + i] = (struct pollfd){.fd = joining[i], .events = POLLIN};
    int asked = joins;
    if (poll(polled, 2 + asked, left > 0 ? (int)left : 0) <= 0) continue;
    char text[4096];
    if (polled[1].revents) {
      if (read(0, text, sizeof text) <= 0) exit(0);
      usage();
    }
    if (polled[0].revents) {
      int fd = accept(listener, NULL, NULL);
      if (fd >= 0 && joins < MOST && count < MOST) joining[joins++] = fd;
    }
    int kept = 0;
    for (int i = 0; i < joins; i++) {
      if (i >= asked || !polled[2 + i].revents) { joining[kept++] = joining[i]; continue; }
      if (read(joining[i], text, sizeof text) <= 0) { close(joining[i]); continue; }
      if (write(joining[i], HANDSHAKE, sizeof HANDSHAKE - 1) > 0) viewers[count++] = joining[i];
    }
    joins = kept;
  } while (left > 0);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int bytes = atoi(argv[1]);
  double interval = 1e3 / atof(argv[2]);
  signal(SIGPIPE, SIG_IGN);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  uint8_t *noise = malloc(bytes + PLACES * STEP), *frame = malloc(4 + bytes);
  uint32_t state = 1;
  for (int i = 0; i < bytes + PLACES * STEP; i++) { state = state * 1664525u + 1013904223u; noise[i] = state >> 24; }
  frame[0] = 0x82;
  frame[1] = 126;
  put(frame + 2, bytes, 2);
  double began = now();
  for (uint32_t number = 0;; number++) {
    serve(listener, began + number * interval);
    double at = now();
    uint64_t bits;
    memcpy(&bits, &at, 8);
    put(frame + 4, 0x47544f50, 4);
    put(frame + 8, number, 4);
    put(frame + 12, bits, 8);
    memcpy(frame + 4 + HEAD, noise + number % PLACES * STEP, bytes - HEAD);
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int done = 0, wrote = 1;
      while (done < 4 + bytes && (wrote = write(viewers[i], frame + done, 4 + bytes - done)) > 0) done += wrote;
      if (wrote > 0) viewers[kept++] = viewers[i];
      else close(viewers[i]);
    }
    count = kept;
  }
}
