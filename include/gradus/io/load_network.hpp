// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/io/architecture.hpp>
#include <gradus/io/architecture_sax.hpp>
#include <gradus/io/load_options.hpp>
#include <gradus/io/module_registry.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/io/safetensors_source.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus {

/// Options for `load_network`.
template <class Scalar = float>
struct LoadNetworkOptions {
  /// User-defined modules that the file may contain.
  ModuleRegistry<Scalar> modules = {};
  /// Whether to convert other floating-point types; see LoadOptions::convert.
  bool convert = false;
};

/// Rebuilds a network written by `save` without the code that defined it:
/// `auto net = load_network("net.safetensors")`. The network is in training mode, with a new generator, one
/// thread and no hooks.
///
/// Checks the description before allocating any tensor: every module must have a known kind and its tensors
/// must be in the file. Throws FileError naming the module.
template <class Scalar = float>
nn::Sequential<Scalar> load_network(SafetensorsSource source,
                                    const LoadNetworkOptions<Scalar>& options = {}) {
  const SafetensorsReader reader(std::move(source));
  const auto text = reader.metadata().find(detail::architecture_key);
  if (text == reader.metadata().end())
    throw FileError("load_network: " + reader.name() +
                    ": metadata have no architecture, expected one; build the network and call `load`");
  const detail::Architecture architecture =
      detail::parse_architecture("load_network: " + reader.name(), text->second);
  const std::string dtype = detail::safetensors_dtype<Scalar>();
  if (architecture.dtype != dtype && !options.convert) {
    throw FileError("load_network: " + reader.name() + ": network has dtype " +
                    escaped(architecture.dtype, detail::longest_name) + ", expected " + dtype +
                    "; `.convert = true` converts it");
  }
  const detail::NetworkBuilder<Scalar> builder(reader, options.modules);
  builder.check(architecture.modules);
  nn::Sequential<Scalar> net = builder.build(architecture.modules);
  detail::load_from(reader, net, LoadOptions{.convert = options.convert});
  return net;
}

}  // namespace gradus
