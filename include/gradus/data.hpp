#pragma once

/// Data sets and the batches made of them, in reading order. Readers that need another library stand apart:
/// see gradus.hpp.

// clang-format off
#include <gradus/data/dataset.hpp>
#include <gradus/data/idx.hpp>
#include <gradus/data/synthetic.hpp>
#include <gradus/data/transform.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/data/mixup.hpp>
