// SPDX-License-Identifier: MIT

#if defined(__linux__)

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <sys/mman.h>

#include <doctest/doctest.h>

#include <gradus/core/huge_pages.hpp>

namespace {

constexpr std::size_t huge_page = std::size_t{1} << 21;

/// A private mapping, none of whose pages has been touched.
class Mapping {
 public:
  explicit Mapping(std::size_t bytes)
      : bytes_(bytes),
        data_(static_cast<char*>(
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(data_, bytes_); }
  char* aligned() const {
    const auto address = reinterpret_cast<std::uintptr_t>(data_);
    return data_ + ((address + huge_page - 1) / huge_page * huge_page - address);
  }

 private:
  std::size_t bytes_;
  char* data_;
};

/// Returns whether the kernel has recorded a request for huge pages at this address: "hg" in
/// /proc/self/smaps.
bool wants_huge_pages(const char* at) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream smaps("/proc/self/smaps");
  bool is_inside = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long long first = 0, last = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &first, &last) == 2)
      is_inside = address >= first && address < last;
    if (is_inside && line.starts_with("VmFlags:")) return line.find(" hg") != line.npos;
  }
  return false;
}

}  // namespace

TEST_CASE("advise_huge_pages: covers only the complete huge pages inside the range") {
  using gradus::detail::advise_huge_pages;
  const Mapping control(2 * huge_page);
  if (madvise(control.aligned(), huge_page, MADV_HUGEPAGE) != 0 || !wants_huge_pages(control.aligned())) {
    MESSAGE("skipped: this kernel does not report which memory wants huge pages");
    return;
  }
  static_assert(gradus::detail::use_huge_pages == MADV_HUGEPAGE);
  const Mapping mapping(6 * huge_page);
  char* const memory = mapping.aligned();
  advise_huge_pages(memory, 0);
  advise_huge_pages(memory, huge_page - 1);
  advise_huge_pages(memory + 1, huge_page);  // overlaps two, covers neither
  CHECK_FALSE(wants_huge_pages(memory));
  advise_huge_pages(memory + huge_page - 1, 2 * huge_page);  // covers only the second
  CHECK_FALSE(wants_huge_pages(memory));
  CHECK(wants_huge_pages(memory + huge_page));
  CHECK(wants_huge_pages(memory + 2 * huge_page - 1));
  CHECK_FALSE(wants_huge_pages(memory + 2 * huge_page));
  memory[huge_page] = 7;
  CHECK(memory[huge_page] == 7);
}

#endif
