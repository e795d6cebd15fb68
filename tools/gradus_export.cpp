// SPDX-License-Identifier: MIT
// gradus-export MODEL -o HEADER: writes a trained network as C source. The CMake function gradus_export
// builds and runs it.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

#include <gradus/core/file.hpp>
#include <gradus/io/export_c.hpp>
#include <gradus/io/load_network.hpp>
#include <gradus/io/onnx_reader.hpp>

namespace {

constexpr const char* usage =
    "gradus-export MODEL -o HEADER [--name NAME] [--double]\n"
    "\n"
    "Writes a network as a C header, which needs <math.h> alone. MODEL is a file\n"
    "that gradus::save wrote (.safetensors), or an ONNX file.\n"
    "\n"
    "  -o HEADER      the file to write\n"
    "  --name NAME    the name of the function; that of HEADER without its ending if left out\n"
    "  --double       compute in double; float if left out\n"
    "  --help         print this text\n";

struct Arguments {
  std::filesystem::path model = {}, header = {};
  gradus::ExportCOptions options = {};
  bool help = false;
};

/// Returns false unless the arguments match `usage`.
bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--help") {
      arguments.help = true;
    } else if (argument == "--double") {
      arguments.options.use_double = true;
    } else if (argument == "-o" && has_value) {
      arguments.header = argv[++i];
    } else if (argument == "--name" && has_value) {
      arguments.options.name = argv[++i];
    } else if (argument.starts_with("-") || !arguments.model.empty()) {
      return false;
    } else {
      arguments.model = argument;
    }
  }
  return arguments.help || (!arguments.model.empty() && !arguments.header.empty());
}

template <class Scalar>
gradus::nn::Sequential<Scalar> read(const std::filesystem::path& model) {
  if (model.extension() == ".onnx") return gradus::load_onnx<Scalar>(model);
  return gradus::load_network<Scalar>(model, {.convert = true});
}

template <class Scalar>
void run(const Arguments& arguments) {
  gradus::export_c(read<Scalar>(arguments.model), arguments.header, arguments.options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Arguments arguments;
    if (!parse(argc, argv, arguments)) {
      std::fputs(usage, stderr);
      return 2;
    }
    if (arguments.help) {
      std::fputs(usage, stdout);
    } else if (arguments.options.use_double) {
      run<double>(arguments);
    } else {
      run<float>(arguments);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gradus-export: %s\n", error.what());
    return 1;
  }
}
