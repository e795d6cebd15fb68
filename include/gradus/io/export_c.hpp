// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <string>

#include <gradus/core/atomic_file.hpp>
#include <gradus/io/c_program.hpp>
#include <gradus/io/c_writer.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus {

/// Options for export_c.
struct ExportCOptions {
  std::string name = {};    ///< of the function; the file name without its extension if empty
  bool use_double = false;  ///< whether the C code uses double instead of float
};

/// Returns the header that export_c would write. Throws like export_c, except FileError.
template <class Scalar>
std::string c_source(const nn::Sequential<Scalar>& net, const std::string& name, bool use_double = false) {
  detail::check_c_name(name);
  const detail::CProgram<Scalar> program(net);
  return use_double ? detail::CWriter<double>(name, program.steps()).write()
                    : detail::CWriter<float>(name, program.steps()).write();
}

/// Exports a network for inference as a C header: `export_c(net, "policy.h")`. The header needs only
/// `<math.h>`, compiles as C99 and C++11, and provides
///
/// - `void policy(const float in[48], float out[12])`, which predicts one sample. It is reentrant and uses no
///   heap; its stack buffers have fixed sizes.
/// - `int policy_self_test(void)`, which compares the outputs for a test vector with results in double. It
///   returns 0, or the number of the first wrong output.
/// - `POLICY_INPUTS` and `POLICY_OUTPUTS`.
///
/// A column that OneHot encodes holds category numbers. Any other value gives only zeros. This includes NaN,
/// unless the C compiler assumes that there is none (`-ffinite-math-only`).
///
/// Batch normalisation is folded into neighbouring layers and dropout is omitted. Weights are written as the
/// shortest decimals that read back exactly, because C++ has hexadecimal literals only since C++17.
///
/// The file appears complete or not at all. Throws FileError; ArgumentError for user-defined modules, a
/// network without layers or a name that is invalid in C; NumericError if a weight is not finite.
template <class Scalar>
void export_c(const nn::Sequential<Scalar>& net, const std::filesystem::path& file,
              const ExportCOptions& options = {}) {
  const std::string name = options.name.empty() ? file.stem().string() : options.name;
  write_text(file, c_source(net, name, options.use_double));
}

}  // namespace gradus
