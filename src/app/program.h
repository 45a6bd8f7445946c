// The program: a command line in, an exit status out.

#pragma once

namespace lockstep {

/// Runs one command. Results go to standard output, everything else to standard error.
int run_program(int argc, const char* const* argv);

}  // namespace lockstep
