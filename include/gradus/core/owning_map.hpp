// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/version.hpp>

namespace gradus::detail {

template <class Owner>
struct MapOwner {
  const Owner owner;
};

/// An Eigen map together with the tensor that it maps. Returned by `array()` and the like for a temporary
/// tensor, so that the elements live as long as the map. Not copyable: a copy would map the original.
template <class Owner, class Map>
class OwningMap : private MapOwner<Owner>, public Map {
 public:
  /// Takes over `tensor` and maps it with `make_map`.
  template <class MakeMap>
  OwningMap(Owner&& tensor, const MakeMap& make_map)
      : MapOwner<Owner>{std::move(tensor)}, Map(make_map(this->owner)) {}
  OwningMap(const OwningMap&) = delete;
  OwningMap& operator=(const OwningMap&) = delete;
};

}  // namespace gradus::detail
