/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_DESK_H
#define VOICEBOT_DESK_H

/* The order desk as another process, to show one trace that spans two. */

/* Runs this program's desk_main in a new process. Returns the port that it listens on, or 0. */
unsigned desk_spawn(void);

/* Ends that process. Returns how many requests it has answered. */
unsigned desk_join(void);

/* The other process: tells the bot its port, answers until the bot has ended its standard input,
 * tells how many requests it has answered. Returns an exit code. */
int desk_main(void);

#define DESK_OPTION "--order-desk"

#endif
