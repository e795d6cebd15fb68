// SPDX-License-Identifier: MIT

#include "shared_training.inc"

template gradus::test::SharedResult<float> gradus::test::train_shared(ProcessGroup*, const SharedSettings&);
