import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

@Controller("health")
class HealthController {
  @Get()
  answer(): string {
    return "ok";
  }
}

@Module({ controllers: [HealthController] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ["error"] });
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
}

void main();
