"""DDPM (Ho, Jain and Abbeel 2020): a small U-Net learns to predict the noise in 16 × 16 images; its average draws samples."""
import math
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

T, WIDTH, BATCH = 100, 16, 16


def timestep_embedding(t, dim):
    freqs = torch.exp(-math.log(10000) * torch.arange(dim // 2) / (dim // 2))
    args = t[:, None].float() * freqs[None]
    return torch.cat([args.cos(), args.sin()], dim=-1)


class ResBlock(nn.Module):
    def __init__(self, in_ch, out_ch):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, in_ch)
        self.conv1 = nn.Conv2d(in_ch, out_ch, 3, padding=1)
        self.temb_proj = nn.Linear(4 * WIDTH, out_ch)
        self.norm2 = nn.GroupNorm(8, out_ch)
        self.dropout = nn.Dropout(0.1)
        self.conv2 = nn.Conv2d(out_ch, out_ch, 3, padding=1)
        self.shortcut = nn.Conv2d(in_ch, out_ch, 1) if in_ch != out_ch else nn.Identity()

    def forward(self, x, temb):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.temb_proj(F.silu(temb))[:, :, None, None]
        h = self.conv2(self.dropout(F.silu(self.norm2(h))))
        return self.shortcut(x) + h


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.temb = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.SiLU(), nn.Linear(4 * WIDTH, 4 * WIDTH))
        self.conv_in = nn.Conv2d(1, WIDTH, 3, padding=1)
        self.down1 = ResBlock(WIDTH, WIDTH)
        self.downsample = nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.down2 = ResBlock(WIDTH, 2 * WIDTH)
        self.mid = ResBlock(2 * WIDTH, 2 * WIDTH)
        self.up2 = ResBlock(4 * WIDTH, 2 * WIDTH)
        self.upsample = nn.Conv2d(2 * WIDTH, 2 * WIDTH, 3, padding=1)
        self.up1 = ResBlock(3 * WIDTH, WIDTH)
        self.out = nn.Sequential(nn.GroupNorm(8, WIDTH), nn.SiLU(), nn.Conv2d(WIDTH, 1, 3, padding=1))

    def forward(self, x, t):
        temb = self.temb(timestep_embedding(t, WIDTH))
        h1 = self.down1(self.conv_in(x), temb)
        h2 = self.down2(self.downsample(h1), temb)
        h = self.mid(h2, temb)
        h = self.up2(torch.cat([h, h2], dim=1), temb)
        h = self.upsample(F.interpolate(h, scale_factor=2, mode="nearest"))
        h = self.up1(torch.cat([h, h1], dim=1), temb)
        return self.out(h)


class Diffusion:
    def __init__(self):
        self.betas = torch.linspace(1e-4, 0.02, T)
        self.alphas = 1 - self.betas
        self.alphas_bar = torch.cumprod(self.alphas, 0)

    def loss(self, model, x0):
        t = torch.randint(T, (len(x0),))
        noise = torch.randn_like(x0)
        a = self.alphas_bar[t][:, None, None, None]
        x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise
        return F.mse_loss(model(x_t, t), noise)

    @torch.no_grad()
    def sample(self, model, n):
        x = torch.randn(n, 1, 16, 16)
        for t in reversed(range(T)):
            eps = model(x, torch.full((n,), t))
            x = (x - self.betas[t] / (1 - self.alphas_bar[t]).sqrt() * eps) / self.alphas[t].sqrt()
            if t > 0:
                x = x + self.betas[t].sqrt() * torch.randn_like(x)
        return x


def main(steps):
    torch.manual_seed(0)
    diffusion, model = Diffusion(), UNet()
    images = F.interpolate(torch.rand(256, 1, 4, 4) * 2 - 1, size=16, mode="bicubic", align_corners=False)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for step in range(steps):
        loss = diffusion.loss(model, images[torch.randint(len(images), (BATCH,))])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update_parameters(model)
        print(loss.item())
    ema.eval()
    print(diffusion.sample(ema, 2).square().mean().item())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
