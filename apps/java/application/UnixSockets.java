package application;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import javax.net.SocketFactory;

/**
 * Connections by a Unix socket for a driver that knows only those of java.net.Socket, which the JDK
 * does not have for them. Options of TCP are taken, and mean nothing.
 */
public final class UnixSockets extends SocketFactory {
  private final UnixDomainSocketAddress address;

  /** By its name in the driver's settings, with the path of the socket. */
  public UnixSockets(String path) {
    address = UnixDomainSocketAddress.of(path);
  }

  @Override
  public Socket createSocket() throws IOException {
    return new Connected(address);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort)
      throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
      throws IOException {
    return createSocket();
  }

  private static final class Connected extends Socket {
    private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    private final InputStream input = Channels.newInputStream(channel);
    private final OutputStream output = Channels.newOutputStream(channel);
    private int timeout;

    Connected(UnixDomainSocketAddress address) throws IOException {
      try {
        channel.connect(address);
      } catch (IOException refused) {
        channel.close();
        throw refused;
      }
    }

    @Override
    public void connect(SocketAddress ignored, int timeout) {}

    @Override
    public boolean isConnected() {
      return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
      return !channel.isOpen();
    }

    @Override
    public InputStream getInputStream() {
      return input;
    }

    @Override
    public OutputStream getOutputStream() {
      return output;
    }

    @Override
    public void setSoTimeout(int timeout) {
      this.timeout = timeout;
    }

    @Override
    public int getSoTimeout() {
      return timeout;
    }

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void setKeepAlive(boolean on) {}

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
