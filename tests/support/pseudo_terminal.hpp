// SPDX-License-Identifier: MIT

#pragma once

#if defined(__unix__)

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gradus::test {

/// A terminal with a given number of columns that records what is written to it.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(int columns) : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0)
      throw std::runtime_error("no terminal");
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    file_ = slave < 0 ? nullptr : fdopen(slave, "w");
    if (file_ == nullptr) throw std::runtime_error("no terminal");
    resize(columns);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    std::fclose(file_);
    close(master_);
  }

  std::FILE* file() const { return file_; }

  /// Sets the width; with 0 columns, the terminal does not know its size.
  void resize(int columns) {
    struct winsize size {};
    size.ws_row = 24;
    size.ws_col = static_cast<unsigned short>(columns);
    ioctl(master_, TIOCSWINSZ, &size);
  }

  /// Returns what was written since the last call; a newline appears as `\r\n`.
  std::string take() {
    std::fflush(file_);
    std::string text;
    std::array<char, 4096> bytes;
    for (pollfd ready{master_, POLLIN, 0}; poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;) {
      const auto count = read(master_, bytes.data(), bytes.size());
      if (count <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  int master_;
  std::FILE* file_ = nullptr;
};

}  // namespace gradus::test

#endif
