// SPDX-License-Identifier: MIT

#pragma once

/// Data sets and batches. Headers are in reading order: each follows those of `data` that it includes.
/// Headers that need another library or system headers must be included by name; see gradus.hpp.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/data/dataset.hpp>
#include <gradus/data/make_dataset.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/idx.hpp>
#include <gradus/data/npy_header.hpp>
#include <gradus/data/npy.hpp>
#include <gradus/data/csv_options.hpp>
#include <gradus/data/csv_rows.hpp>
#include <gradus/data/csv_columns.hpp>
#include <gradus/data/read_csv.hpp>
#include <gradus/data/fashion_classes.hpp>
#include <gradus/data/synthetic.hpp>
#include <gradus/data/transform.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/data/batch_source.hpp>
#include <gradus/data/folds.hpp>
#include <gradus/data/weighted_sampler.hpp>
#include <gradus/data/mixup.hpp>
// IWYU pragma: end_exports
