// SPDX-License-Identifier: MIT

#pragma once

#if defined(__unix__)

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace gradus::test {

/// One connection to a server.
class Connection {
 public:
  Connection(int socket, std::atomic<std::size_t>& sent) : socket_(socket), sent_(&sent) {}

  /// Sends bytes. Returns false if the client has hung up.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      *sent_ += static_cast<std::size_t>(count);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  int socket_;
  std::atomic<std::size_t>* sent_;
};

/// A server that answers requests on a free local port, one after the other, and closes each connection.
class HttpServer {
 public:
  /// A function that answers a request for a path such as `/file`.
  using Answer = std::function<void(const Connection&, const std::string& path)>;

  explicit HttpServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  /// Answers every request with fixed bytes.
  explicit HttpServer(std::string bytes)
      : HttpServer([bytes = std::move(bytes)](const Connection& client, const std::string&) {
          client.send(bytes);
        }) {}
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  /// Returns the address, including the trailing slash.
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  /// Returns the number of bytes that the system has accepted from this server.
  std::size_t sent() const { return sent_; }
  std::size_t requests() const { return requests_; }

 private:
  void serve() {
    for (int socket = 0; (socket = accept(listener_, nullptr, nullptr)) >= 0; close(socket)) {
      std::array<char, 4096> request;
      const auto count = read(socket, request.data(), request.size());
      if (count <= 0) continue;
      ++requests_;
      const std::string_view text(request.data(), static_cast<std::size_t>(count));
      const auto start = text.find(' ') + 1;
      answer_(Connection(socket, sent_), std::string(text.substr(start, text.find(' ', start) - start)));
      // Without this, unread input would make the system drop data that are still to be sent.
      shutdown(socket, SHUT_WR);
    }
  }

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<std::size_t> sent_ = 0;
  std::atomic<std::size_t> requests_ = 0;
  std::thread thread_;
};

/// Returns the complete response to a successful request.
inline std::string http_answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string http_redirect(const std::string& address) {
  return "HTTP/1.1 302 Found\r\nLocation: " + address + "\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace gradus::test

#endif
