// SPDX-License-Identifier: MIT

#include "shared_training.inc"

namespace gradus::test {

template <>
SharedResult<float> train_shared(ProcessGroup* processes, const SharedSettings& settings) {
  return run_training<float>(
      processes, settings, [](auto&) {}, [](auto&) {});
}

}  // namespace gradus::test
