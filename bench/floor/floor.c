// The spawn floor: floor N J PROGRAM [ARG...] starts a program N times, J in flight, and does nothing else.
// No executor of the same graph can be faster than this, apart from luck.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
	if (argc < 4) {
		fprintf(stderr, "usage: floor N J PROGRAM [ARG...]\n");
		return 2;
	}
	long left = atol(argv[1]), running = 0, slots = atol(argv[2]);
	while (left > 0 || running > 0) {
		for (; left > 0 && running < slots; left--, running++) {
			pid_t pid;
			if (posix_spawn(&pid, argv[3], NULL, NULL, argv + 3, environ) != 0) {
				perror(argv[3]);
				return 1;
			}
		}
		int status;
		if (waitpid(-1, &status, 0) > 0) running--;
	}
	return 0;
}
