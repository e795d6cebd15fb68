// SPDX-License-Identifier: MIT

#pragma once

#include <cstdlib>
#include <string_view>

namespace bench {

/// `[REPETITIONS] [--quick]`: how often everything is measured, and whether little will do, to see that it
/// runs.
struct Options {
  Options(int argc, char** argv, int default_repetitions) : repetitions(default_repetitions) {
    for (int i = 1; i < argc; ++i) {
      if (std::string_view(argv[i]) == "--quick")
        quick = true;
      else
        repetitions = std::atoi(argv[i]);
    }
    if (repetitions < 1) repetitions = 1;
  }

  int repetitions;
  bool quick = false;
};

}  // namespace bench
