// SPDX-License-Identifier: MIT

#pragma once

#include <cstdlib>
#include <string_view>

namespace bench {

/// `[REPETITIONS] [--quick]`: the number of repetitions, and whether to run only a short smoke test.
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
