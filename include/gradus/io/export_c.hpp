// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <string>

#include <gradus/core/atomic_file.hpp>
#include <gradus/io/c_program.hpp>
#include <gradus/io/c_writer.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus {

/// The settings of export_c.
struct ExportCOptions {
  std::string name = {};    ///< of the function; that of the file without its ending if empty
  bool use_double = false;  ///< whether the C code computes in double
};

/// Returns the header that export_c writes. Throws what export_c throws about networks and names.
template <class Scalar>
std::string c_source(const nn::Sequential<Scalar>& net, const std::string& name, bool use_double = false) {
  detail::check_c_name(name);
  const detail::CProgram<Scalar> program(net);
  return use_double ? detail::CWriter<double>(name, program.steps()).write()
                    : detail::CWriter<float>(name, program.steps()).write();
}

/// Writes a network for prediction as a C header: `export_c(net, "policy.h")`. It needs `<math.h>` and no
/// part of gradus, compiles as C99 and C++11, and has
///
/// - `void policy(const float in[48], float out[12])`, for one sample: reentrant, without a heap, with
///   buffers on the stack whose sizes are known when it is compiled;
/// - `int policy_self_test(void)`, which compares its outputs for a test vector with those in double: 0, or
///   the number of the first output that is wrong;
/// - `POLICY_INPUTS` and `POLICY_OUTPUTS`.
///
/// Columns of categories hold the numbers of the categories, as they do for OneHot: any other value has only
/// zeros, except that NaN needs a compiler that has not been told that there is none (`-ffinite-math-only`).
///
/// Batch normalisation is folded into its neighbours, dropout left out. Weights are written as the shortest
/// decimals that read back exactly: hexadecimal ones are not C++ before C++17.
///
/// The file appears whole or not at all. Throws FileError, ArgumentError for modules of your own, for a
/// network without layers and for a name that is none in C, and NumericError if a weight is not finite.
template <class Scalar>
void export_c(const nn::Sequential<Scalar>& net, const std::filesystem::path& file,
              const ExportCOptions& options = {}) {
  const std::string name = options.name.empty() ? file.stem().string() : options.name;
  write_text(file, c_source(net, name, options.use_double));
}

}  // namespace gradus
